/** What `chaosgate help` prints. */
export const HELP = `chaosgate - chaos experiments reviewed and run like code

  chaosgate lint FILE...        check manifests as a cluster with Chaos Mesh 2.8 would, without a cluster
  chaosgate fix FILE            print the manifest with its mistakes repaired; comments and formatting stay
  chaosgate review FILE...      say what the pull request would say: findings, pods, predicted impact
  chaosgate explain [CODE]      say why a rule exists, or list every rule
  chaosgate predict QUESTION    calculate one figure: window, loss, pool, erlang, retries or transfer
  chaosgate help                print this

FILE is a YAML file, a folder (every .yaml and .yml below it), or - for standard input.

lint, fix and review
  --format terminal|json        how to print (default: terminal); review also knows markdown

fix
  --write                       write the repaired text back to the file
  --diff                        print the difference instead of the text
  --keep-namespace              leave metadata.namespace as it is when the selector names another namespace

review
  --settings FILE               the repository's .github/chaosgate.yml; without it there are no caps and no service models
  --environment NAME            an environment of the settings (default: the first)
  --snapshot FILE               a snapshot of the cluster in JSON; without it no pods are counted

predict (chaosgate predict help lists the flags of every question)
  --format terminal|json        how to print (default: terminal)

Exit codes
  0  nothing to complain about
  1  the cluster would refuse something, something would not do what it says, or a figure is not predictable
  2  the command line is wrong, or a file cannot be read

Examples
  chaosgate lint chaos/
  chaosgate fix --diff chaos/network-delay.yaml
  chaosgate fix --write chaos/network-delay.yaml && git diff
  chaosgate predict window --window 64KiB --rtt 2ms --delay 500ms
`;
