#!/bin/sh
# The first process of a user-mode Linux whose root is the host's file tree, read-only: loads what the wire needs, measures the plan
# that the kernel's command line names, and switches the machine off.
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs run /run
mkdir -p /run/root/lib
ln -s /usr/lib/uml/modules /run/root/lib/modules
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/run
modprobe -d /run/root -a veth bridge ifb sch_netem sch_prio sch_ingress sch_tbf cls_u32 act_mirred tcp_bbr \
  ip_tables ip6_tables iptable_mangle ip6table_mangle nf_tables nft_compat nfnetlink_queue \
  xt_NFQUEUE xt_mark xt_comment xt_tcpudp
ip link set lo up
"$WIRE_BINARY" --ignored --nocapture --exact the_wire_answers_a_plan
echo "another kernel: $(uname -r) ended with $?"
echo o > /proc/sysrq-trigger
sleep 10
