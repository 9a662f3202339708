/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands, by the files that they are in.  A new one is a function there, a
 * line here, and a row in ioctl.c.
 */
#ifndef __IOMMUFD_ABI_COMMANDS_H
#define __IOMMUFD_ABI_COMMANDS_H

struct command;

/* object.c */
int cmd_destroy(struct command *command);

/* ioas.c */
int cmd_ioas_alloc(struct command *command);
int cmd_iova_ranges(struct command *command);
int cmd_allow_iovas(struct command *command);
int cmd_change_process(struct command *command);

/* map.c */
int cmd_ioas_map(struct command *command);
int cmd_ioas_map_file(struct command *command);
int cmd_ioas_copy(struct command *command);
int cmd_ioas_unmap(struct command *command);

/* bulk.c */
int cmd_ioas_map_bulk(struct command *command);
int cmd_ioas_unmap_bulk(struct command *command);

/* list.c */
int cmd_list_objects(struct command *command);
int cmd_list_areas(struct command *command);

/* option.c */
int cmd_option(struct command *command);

/* type1.c */
int cmd_vfio_ioas(struct command *command);

/* device.c */
int cmd_get_hw_info(struct command *command);

/* hwpt.c */
int cmd_hwpt_alloc(struct command *command);
int cmd_hwpt_invalidate(struct command *command);

/* dirty.c */
int cmd_hwpt_set_dirty_tracking(struct command *command);
int cmd_hwpt_get_dirty_bitmap(struct command *command);

#endif /* __IOMMUFD_ABI_COMMANDS_H */
