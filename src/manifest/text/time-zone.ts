/** True for the name of a time zone that this program's data knows, such as Europe/Berlin. */
export function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }) !== undefined;
  } catch {
    // RangeError is Intl's way of saying that it knows no such zone.
    return false;
  }
}
