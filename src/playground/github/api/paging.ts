import { apiUrl } from "../json/urls.ts";
import type { World } from "../world.ts";
import type { Reply } from "./route.ts";

const DEFAULT_PER_PAGE = 30;
const MOST_PER_PAGE = 100;

/** The page of a collection that the query asks for, with GitHub's Link header to the pages around it. */
export function pageOf(
  world: World,
  path: string,
  query: Readonly<Record<string, string>>,
  { items, wrap }: Extract<Reply, { items: readonly unknown[] }>,
): { readonly body: unknown; readonly headers: Readonly<Record<string, string>> } {
  const perPage = Math.min(positive(query.per_page) ?? DEFAULT_PER_PAGE, MOST_PER_PAGE);
  const page = positive(query.page) ?? 1;
  const shown = items.slice((page - 1) * perPage, page * perPage);
  const last = Math.max(1, Math.ceil(items.length / perPage));
  const url = (number: number) => {
    const search = new URLSearchParams({ ...query, per_page: String(perPage), page: String(number) });
    return `${apiUrl(world, path)}?${search}`;
  };
  const link = linksOf(page, last)
    .map(([rel, number]) => `<${url(number)}>; rel="${rel}"`)
    .join(", ");
  return { body: wrap ? wrap(shown, items.length) : shown, headers: link === "" ? {} : { link } };
}

function linksOf(page: number, last: number): readonly [string, number][] {
  const back: [string, number][] = page > 1 ? [["prev", Math.min(page - 1, last)]] : [];
  const on: [string, number][] =
    page < last
      ? [
          ["next", page + 1],
          ["last", last],
        ]
      : [];
  return [...back, ...on, ...(page > 1 ? ([["first", 1]] as [string, number][]) : [])];
}

function positive(raw: string | undefined): number | undefined {
  const value = Number(raw);
  return Number.isInteger(value) && value > 0 ? value : undefined;
}
