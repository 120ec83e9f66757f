# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2034 # shared with tests/vm/run
#
# Sourced by tests/vm/run: the command lines of the two machines.
#
# Each start_* function starts its machine in a session of its own, sets $pid,
# and connects three named pipes in $work: console (the kernel's log), output
# (what the command prints), status (reports of guest/main).

# KVM only on request: on some hosts /dev/kvm opens but no stock kernel boots.
qemu_accelerator() {
	if [ "$icount" = 1 ]; then
		# One instruction is one nanosecond of the guest's time, to the digit;
		# with erms every byte of a `rep movsb` would count as an instruction.
		echo -accel tcg,thread=single -icount shift=0,sleep=off -cpu max,-erms
	elif [ "${IPSEC_VM_KVM:-0}" = 1 ]; then
		echo -accel kvm -cpu host
	else
		# Without what an emulator pays for with each access, and with room for what
		# it has translated that the host need not clear: an eighth of the time.
		echo -accel tcg,thread=multi,tb-size=128 -cpu max,-la57,-smap,-smep,-pku,-umip
	fi
}

# qemu_directory TAG DIR [off]: the guest may mount DIR as TAG, to read; or to write.
qemu_directory() {
	echo -fsdev "local,id=$1,path=$2,security_model=none,readonly=${3:-on},multidevs=remap" \
		-device "virtio-9p-pci,fsdev=$1,mount_tag=$1"
}

# The kernel is an unpacked one, started without a BIOS: half of the boot saved.
# (The microvm machine would save a second more, but has no clock that an
# emulated TSC can be calibrated with: now and then a kernel hangs there.)
# no_timer_check: Linux counts timer interrupts for a moment, and panics where a busy
# host keeps an emulated timer from being on time.
# shellcheck disable=SC2046 # several words
start_qemu() {
	setsid qemu-system-x86_64 -M pc,usb=off -nodefaults -no-user-config -display none -no-reboot \
		$(qemu_accelerator) -smp "$smp" -m "$mem" \
		-kernel "$kernel_file" -initrd "$work/initrd" \
		-append "console=ttyS0 no_timer_check loglevel=5 panic=-1 oops=panic mitigations=off net.ifnames=0 audit=0 printk.devkmsg=on ${append[*]}" \
		$(qemu_directory lower "$root") ${layer:+$(qemu_directory layer "$layer")} \
		${collect:+$(qemu_directory collect "$collect" off)} \
		-chardev "file,id=console,path=$work/console" -serial chardev:console \
		-device virtio-serial-pci \
		-chardev "file,id=output,path=$work/output" -device virtserialport,chardev=output,name=output \
		-chardev "file,id=status,path=$work/status" -device virtserialport,chardev=status,name=status \
		-object rng-random,id=rng,filename=/dev/urandom -device virtio-rng-pci,rng=rng \
		${qemu[@]+"${qemu[@]}"} \
		< /dev/null > "$work/machine.log" 2>&1 &
	pid=$!
}

# The kernel's console is tty0; the command's output and the reports have
# terminals of their own.  A terminal wants an input, and one of its own: a pipe
# in which nothing ever comes.  What is a module elsewhere is built in here, and
# would put a device of its own into every namespace.
start_uml() {
	mkfifo "$work/idle"
	setsid "$image" mem="${mem}M" ncpus="$smp" seccomp=auto initrd="$work/initrd" \
		con0=fd:10,fd:5 con1=fd:11,fd:6 con2=fd:12,fd:7 console=tty0 \
		loglevel=5 oops=panic printk.devkmsg=on "${append[@]}" \
		fb_tunnels=none dummy.numdummies=0 ifb.numifbs=0 \
		< /dev/null > "$work/machine.log" 2>&1 5> "$work/console" 6> "$work/output" 7> "$work/status" \
		10<> "$work/idle" 11<> "$work/idle" 12<> "$work/idle" &
	pid=$!
}
