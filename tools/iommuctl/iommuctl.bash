# SPDX-License-Identifier: GPL-2.0
# Completion of iommuctl for bash.

_iommuctl_contexts()
{
	iommuctl list --json 2>/dev/null | grep -o '"pid":[0-9]*,"fd":[0-9]*' |
		sed 's/"pid":\([0-9]*\),"fd":\([0-9]*\)/\1:\2\n\1/'
}

_iommuctl_addresses()
{
	local device
	for device in /sys/bus/pci/devices/*; do
		echo "${device##*/}"
	done
}

_iommuctl()
{
	local word=${COMP_LINE:0:COMP_POINT} command=${COMP_WORDS[1]-} words='' before=''
	word=${word##*[[:space:]]}
	case $command in
	devices | list) words='--json --help' ;;
	show) words="--json --help $(_iommuctl_contexts)" ;;
	maps) words="--json --sum --largest --help $(_iommuctl_contexts)" ;;
	top) words='--json --interval --turns --help' ;;
	doctor) words="--json --memory --help $(_iommuctl_addresses)" ;;
	esac
	[ "$COMP_CWORD" -gt 1 ] ||
		words='devices list show maps top doctor --json --help --version'
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
	# Bash takes a colon for the end of a word.
	[[ $word != *:* ]] || before=${word%:*}:
	COMPREPLY=("${COMPREPLY[@]#"$before"}")
}

complete -F _iommuctl iommuctl
