// SPDX-License-Identifier: GPL-2.0
/*
 * The table of all calls.
 */
#include <stdint.h>

#include "call.h"
#include "callaccess.h"
#include "calldevice.h"
#include "callioas.h"
#include "callmap.h"
#include "op.h"
#include "trial.h"

void (* const op_do[OPS])(struct trial *trial, const uint64_t *arg) = {
	[OP_IOAS] = do_ioas,
	[OP_IOAS_DESTROY] = do_ioas_destroy,
	[OP_MAP] = do_map,
	[OP_COPY] = do_copy,
	[OP_UNMAP] = do_unmap,
	[OP_ATTACH] = do_attach,
	[OP_REPLACE] = do_replace,
	[OP_DETACH] = do_detach,
	[OP_HWPT] = do_hwpt,
	[OP_HWPT_DESTROY] = do_hwpt_destroy,
	[OP_PASID] = do_pasid,
	[OP_PASID_REPLACE] = do_pasid_replace,
	[OP_PASID_DETACH] = do_pasid_detach,
	[OP_ACCESS] = do_access,
	[OP_ACCESS_REPLACE] = do_access_replace,
	[OP_ACCESS_CLOSE] = do_access_close,
	[OP_PIN] = do_pin,
	[OP_UNPIN] = do_unpin,
	[OP_READ] = do_read,
	[OP_WRITE] = do_write,
	[OP_ALLOW] = do_allow,
	[OP_RESERVE] = do_reserve,
	[OP_SMALL] = do_small,
	[OP_CHANGE] = do_change,
};
