// Every rule of this room in one table: its stable id, and why it exists. `chaosgate explain` prints it.

/** What an API server with Chaos Mesh would refuse. */
export const PROBLEMS = {
  "file-too-large": "A manifest is a page of text; a file above 1 MiB is not read, so that no file can stall a review.",
  "yaml-broken": "The text is not YAML, so nothing in the file can be judged or applied.",
  "yaml-too-deep": "YAML can be nested until a reader fails; 64 levels are far more than a manifest needs.",
  "yaml-too-many-values":
    "Aliases can unfold a short text into billions of values; they are counted before they unfold.",
  "yaml-alias-unknown": "An alias stands for an anchor above it in the same document.",
  "list-of-experiments":
    "kubectl unpacks lists, and a run is bound to one document: an experiment may not hide in a list.",
  "key-repeated": "Readers differ in which of two equal keys they keep; the API server's strict reading refuses both.",
  "api-version-unknown": "Chaos Mesh 2 serves chaos-mesh.org/v1alpha1 and nothing else.",
  "kind-unknown": "The kind is not one that Chaos Mesh installs.",
  "name-missing": "An object is stored by its name.",
  "name-malformed": "Names of objects are DNS subdomains: lower case, digits, hyphens and dots, up to 253 characters.",
  "namespace-malformed": "Names of namespaces are DNS labels: lower case, digits and hyphens, up to 63 characters.",
  "label-malformed": "Values of labels are short words that indexes can hold.",
  "key-malformed": "Keys of labels and annotations are [domain/]name.",
  "item-repeated": "Some lists are maps in disguise: the cluster finds their items by a field that no two may share.",
  "quantity-malformed": "Amounts of memory, processors and storage have Kubernetes' own grammar: 100m, 1Gi, 2.",
  "timestamp-malformed": "Moments are written as RFC 3339 has them, such as 2026-01-31T12:00:00Z.",
  "generated-name-malformed": "The name that the cluster makes begins with generateName, so it has the form of a name.",
  "owner-malformed": "An owner is found by version, kind, name and uid.",
  "finalizer-malformed": "A finalizer is the name of a controller's task, written [domain/]name.",
  "field-unknown":
    "The API server's strict field validation refuses what the schema does not know; older clients drop it silently.",
  "field-missing": "Without this field the API server refuses the object.",
  "wrong-type": "The value has another type than the schema says.",
  "text-not-quoted": "YAML reads 30, yes and on as numbers and booleans; the field takes text, so it needs quotes.",
  "number-quoted": "The field takes a whole number, and a number in quotes is text.",
  "number-out-of-range": "The schema bounds the number.",
  "value-not-listed": "The field takes one of a few words, written exactly so.",
  "value-not-a-count": "mode fixed hits that many pods, so its value is a whole number above zero.",
  "value-not-a-percentage": "The percent modes take a whole number from 1 to 100, without a % sign.",
  "duration-malformed": "Durations are Go's: numbers with ns, us, ms, s, m or h, such as 1h30m. There are no days.",
  "latency-malformed": "Latency and jitter are one number with one unit; the schema takes no compound durations.",
  "percentage-malformed": "Percentages of packets are text that Go reads as a number, without a % sign.",
  "rate-malformed": "Rates are a whole number with bit, kbit ... or bps, kbps ...; bps means bytes per second.",
  "size-malformed":
    "Sizes are a number with a unit such as MB or MiB, or a percentage; Kubernetes' Mi and Gi are neither.",
  "base64-malformed": "A replaced body is bytes, and bytes are written in base64.",
  "status-code-malformed": "A status check compares with one code or with a range of codes.",
  "url-malformed": "A request needs an address with a scheme and a host.",
  "method-unknown": "A rule on requests compares the method with those of HTTP.",
  "parameter-missing": "The webhook asks for the parameters without which an action has nothing to do.",
  "parameters-exclude-each-other": "The webhook takes one of these parameters, not both.",
  "stressors-missing": "A StressChaos without a stressor would do nothing, and the webhook says so.",
  "entry-unknown": "A Workflow begins with the template that its entry names.",
  "template-unknown": "Children are names of templates of the same Workflow.",
  "template-name-repeated": "Templates are found by their names.",
  "template-name-malformed": "Each run of a template becomes an object that is named after it.",
  "template-block-missing": "A template runs the block that its type names.",
  "template-block-foreign": "Each type of template refuses the blocks of the others.",
  "templates-missing": "A Workflow without templates has nothing to run.",
  "duration-in-workflow": "In a Workflow the template's deadline ends the fault, and a second clock is refused.",
  "deadline-missing": "A Suspend template waits for its deadline, so it needs one.",
  "address-or-selector": "A PhysicalMachineChaos finds its machines by address or by selector, by exactly one of them.",
  "cron-malformed":
    "A Schedule's times are cron expressions of robfig/cron v3: five fields, six with seconds, or a descriptor.",
  "direction-needs-target": "Packets that come from a peer are shaped at the peer, so there must be one.",
  "direction-excludes-external-targets": "Nothing can be shaped at a host outside the cluster.",
  "container-names-missing": "container-kill kills the containers that are named.",
  "schedule-block-missing": "A Schedule runs the block that its type names.",
  "scheduler-of-version-1": "Chaos Mesh 2.0 moved repetition from spec.scheduler into the kind Schedule.",
  "paused-of-version-1": "Chaos Mesh 2.0 moved pausing from spec.paused into an annotation.",
} as const;

/** What is admitted and does not do what it says. */
export const FINDINGS = {
  "namespace-of-the-context": "Without a namespace of its own the object goes where the client happens to point.",
  "schedule-name-too-long": "Runs are named after their Schedule with a suffix, and labels hold 63 characters.",
  "no-duration": "Chaos Mesh knows no maximum: a fault without a duration lasts until somebody deletes the object.",
  "duration-ignored": "Killing happens once; there is nothing to end.",
  "duration-unreadable": "The controller only logs a duration that it cannot read, and never ends the fault.",
  "duration-not-positive": "The countdown is over before the fault is injected.",
  "may-select-nothing": "random-max-percent draws from 0, and a run without a victim proves nothing.",
  "value-ignored": "The modes one and all read no value.",
  "selects-whole-namespace": "An empty selector is not nothing, it is everything.",
  "namespaces-omitted": "Chaos Mesh fills in the experiment's own namespace, which is seldom the one that is meant.",
  "pods-override-selectors": "A list of pods switches every other selector off.",
  "field-selector-unsupported": "Kubernetes indexes few fields of pods; any other selects nothing.",
  "pod-phase-unknown": "Phases are not checked at admission, and an unknown one selects nothing or fails.",
  "operator-unknown": "Operators are not checked at admission, and an unknown one fails the selection.",
  "field-ignored": "Another action reads this field, not this one.",
  "action-without-block": "Nothing at admission asks for the parameters of an action; the injection fails instead.",
  "block-of-another-action": "Chaos Mesh applies the blocks that are there, whatever the action is called.",
  "latency-unit-unknown-to-tc":
    "The text goes to tc as it is, tc knows no minutes, and the object can then not be deleted.",
  "latency-read-as-none": 'The daemon asks whether the text is greater than "0ms", and "0.5s" is not.',
  "jitter-above-latency": "netem cuts negative delays to zero and reorders what it delays by different amounts.",
  "percentage-out-of-range": "Admission knows no bounds for percentages of packets; the kernel does.",
  "volume-path-missing":
    "Admission fills a missing volumePath with nothing, the injection fails, and the object cannot be deleted.",
  "io-method-unknown": "Methods of files are not checked at admission, and an unknown one cannot be injected.",
  "offset-of-nothing": "An offset of zero leaves the clock as it is.",
  "clock-unknown": "Clocks are not checked at admission; the injection fails on an unknown one.",
  "stressng-stressors-dead":
    "Chaos Mesh stopped reading stressngStressors in 2.2 and skips the other stressors where it is set.",
  "stressor-without-workers": "A stressor with no workers starts no process and is called injected.",
  "deadline-of-template-missing": "A fault in a Workflow ends with its template's deadline and with nothing else.",
  "hits-all-traffic": "Without a peer a fault also hits DNS, probes and the metrics that are to judge it.",
  "fault-of-nothing": "A delay, a share or a load of zero is injected without an error, and nobody feels it.",
  "stressor-without-size":
    "The documentation says that a memory stressor without a size takes all memory; the program that runs takes none.",
  "label-selector-malformed":
    "Selectors by label are read when pods are selected and not at admission, where the error would be seen.",
  "dns-pattern-malformed":
    "Names are matched by the DNS server of Chaos Mesh, which knows * at the end of a pattern and nowhere else.",
  "created-paused": "An object that is created paused injects nothing, and nothing about it looks wrong.",
  "pause-ignored": "What happens once cannot be paused: Chaos Mesh does it on creation, whatever the annotation says.",
  "recovery-given-up": "Forcing the finalizer deletes the object and leaves its fault in the pods.",
  "another-cluster": "An experiment for a remote cluster hits pods that nobody here has looked at.",
  "component-needed": "Some kinds need more on the nodes than an installation of Chaos Mesh brings.",
  "external-target-malformed":
    "External targets are not checked at admission and are resolved once, in the controller.",
  "schedule-never-fires": "A date that no calendar has is a Schedule that never runs.",
  "schedule-overlaps-itself": "A run that is longer than the time to the next one meets itself on the same pods.",
  "schedule-stalls": "Under Forbid a run that is due while the last one goes on is dropped, and the Schedule can stop.",
  "schedule-may-miss-too-much":
    "After 100 missed runs Chaos Mesh starts none again, and a deadline is what forgets old ones.",
  "schedule-zone-undeclared": "A schedule without a zone means the hours of whatever machine the controller runs on.",
  "template-unreachable": "A Workflow runs its entry and what that leads to; any other template is never run.",
  "template-cycle": "The webhook does not look for a template that leads to itself, and the controller does not stop.",
  "children-outlive-parent":
    "The deadline of a Serial or Parallel ends its children, whatever their own deadlines say.",
  "same-victims-in-parallel":
    "Two faults of one kind on the same pods at once overwrite each other, and undo each other.",
} as const;

export type ProblemCode = keyof typeof PROBLEMS;
export type FindingCode = keyof typeof FINDINGS;
