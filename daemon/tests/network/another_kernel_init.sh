#!/bin/sh
# The first process of a user-mode Linux whose root is the host's file tree, read-only: loads what the tests need,
# runs the test binary that the kernel's command line names, says how it ended, and switches the machine off.
# Partitions are firewall rules on any kernel, and connections end alike: they are not tested a second time here.
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs run /run
mkdir -p /run/root/lib
ln -s /usr/lib/uml/modules /run/root/lib/modules
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/run TMPDIR=/run
modprobe -d /run/root -a veth bridge ifb sch_netem sch_tbf sch_htb sch_prio sch_ingress cls_u32 act_mirred \
  ip_tables ip6_tables iptable_mangle ip6table_mangle nf_tables nft_compat nfnetlink_queue \
  xt_NFQUEUE xt_mark xt_comment xt_tcpudp
ip link set lo up
# The words come without spaces, which the kernel's command line would part.
"$TEST_BINARY" --test-threads=1 --color=never $(echo "$TEST_WORDS" | tr , ' ')
echo "another kernel: $(uname -r) ended with $?"
echo o > /proc/sysrq-trigger
sleep 10
