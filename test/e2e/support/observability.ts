/** What an Alertmanager silences now, read from its own API: the values of all matchers. */
export async function silencedBy(url: string): Promise<readonly string[]> {
  const response = await fetch(`${url}/api/v2/silences`);
  const silences = (await response.json()) as { status: { state: string }; matchers: { value: string }[] }[];
  return silences
    .filter(({ status }) => status.state === "active")
    .flatMap(({ matchers }) => matchers.map(({ value }) => value));
}
