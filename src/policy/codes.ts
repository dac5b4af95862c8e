/** Every rule of this room: its stable id, and why it exists. */
export const POLICY_RULES = {
  "namespace-protected": "A fault in Kubernetes' own namespaces, or in ours, could take away what would undo it.",
  "namespace-foreign":
    "A typo must not reach another team's pods: an experiment hits its own namespace, or one that the settings pair with it.",
  "namespace-outside-environment": "What was approved for one environment must not be able to hit another.",
  "duration-unbounded": "A fault that nothing ends lasts until somebody notices it.",
  "duration-capped": "The settings bound how long a fault may last; the shorter time is what happens, so it is said.",
  "duration-over-window":
    "The settings say when faults may be there, and a fault that outlasts every window cannot be begun.",
  "duration-from-cap":
    "Without a duration of its own the fault ends with the settings' cap, which its author may not know.",
  "pods-over-cap": "The settings bound how many pods may be hit at once, and the most that a mode may draw counts.",
  "percent-over-cap": "The settings bound which share of the matching pods may be hit at once.",
  "data-altered": "What a fault writes wrong stays wrong when the fault is gone, so no rollback of it can be verified.",
  "data-altered-without-consent":
    "Data that no rollback brings back belongs to somebody, who has to have agreed before.",
  "clock-shift-felt-by-waits":
    "The kernel judges waits by its own clock, so a program whose clock counts from another moment wakes early or late.",
  "clock-shift-over-cap":
    "A clock that counts from boot and is far off stops or spins whole programs, which somebody has to want.",
  "selects-nobody": "An experiment without a victim proves nothing, and looks as if everything had held.",
  "host-network": "Pods on the host's network share it with the whole node, which a network fault would hit.",
  "selects-no-peer": "Without a live peer the victims feel nothing, and the run would pass for that reason alone.",
  "container-unknown":
    "A name that no container has is left out in silence, and with it the whole experiment where it is the only one.",
  "pod-without-controller": "Nobody starts such a pod again: an experiment would be its end.",
  "over-disruption-budget":
    "A kill does not ask the eviction API, so the budget is asked before: it says how many pods may be gone at once.",
  "single-point": "A workload of one pod has nobody who takes over: its fault is an outage, and not a test of one.",
  "leaves-no-replica":
    "A workload without a ready pod serves nobody until its controller has replaced those that are gone.",
  "whole-workload": "When every pod of a workload is hit, no healthy one is left to compare with or to answer.",
} as const;

export type PolicyCode = keyof typeof POLICY_RULES;
