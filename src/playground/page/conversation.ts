import type { Comment, PullRequest, Repository, Review, ReviewComment, TimelineEvent } from "../github/repository.ts";
import type { User } from "../github/world.ts";
import { checksBox } from "./checks.ts";
import { type Html, html } from "./html.ts";
import { type IconName, icon } from "./icons.ts";
import { markdown } from "./markdown.ts";
import { mergeBox, replyBox } from "./reply.ts";
import { sidebar } from "./sidebar.ts";

/** The Conversation tab: what was said and done, in order, with the state of the checks and a box to answer in. */
export function conversation(repository: Repository, pull: PullRequest, people: readonly string[]): Html {
  return html`<div class="columns"><div class="timeline">
${bubble({ id: "description", by: pull.author, at: pull.createdAt, body: pull.body, isAuthor: true })}
${entriesOf(pull).map(({ markup }) => markup)}
${mergeBox(repository, pull)}
${checksBox(repository, pull)}
${replyBox(repository, pull, people)}
</div>${sidebar(repository, pull)}</div>`;
}

type Entry = { readonly at: number; readonly id: number; readonly markup: Html };

function entriesOf(pull: PullRequest): readonly Entry[] {
  const comments = pull.comments.map(
    (comment): Entry => ({ at: comment.createdAt, id: comment.id, markup: commentBox(pull, comment) }),
  );
  const reviews = pull.reviews.map((review): Entry => ({ at: review.at, id: review.id, markup: reviewLine(review) }));
  const events = pull.timeline.map((event, at): Entry => ({ at: event.at, id: at, markup: eventLine(event, at) }));
  return [...comments, ...reviews, ...events].sort((a, b) => a.at - b.at || a.id - b.id);
}

function commentBox(pull: PullRequest, comment: Comment): Html {
  const box = bubble({
    id: `issuecomment-${comment.id}`,
    by: comment.by.user,
    at: comment.createdAt,
    body: comment.body,
    isAuthor: comment.by.user === pull.author,
    isEdited: comment.updatedAt !== comment.createdAt,
    reactions: comment.reactions.map(({ content }) => content),
    isLive: comment.minimized === undefined,
  });
  if (comment.minimized === undefined) return box;
  return html`<details class="minimized" data-live="minimized-${comment.id}">
<summary>${comment.by.user.login} · this comment was marked as ${comment.minimized}</summary>${box}</details>`;
}

type Bubble = {
  readonly id: string;
  readonly by: User;
  readonly at: number;
  readonly body: string;
  readonly isAuthor?: boolean;
  readonly isEdited?: boolean;
  readonly reactions?: readonly (keyof typeof FACES)[];
  /** False inside something that is itself swapped as a whole. */
  readonly isLive?: boolean;
};

function bubble({ id, by, at, body, isAuthor, isEdited, reactions = [], isLive = true }: Bubble): Html {
  const faces = [...new Set(reactions)].map(
    (face) => html`<span class="face">${FACES[face]} ${reactions.filter((each) => each === face).length}</span>`,
  );
  return html`<article class="entry" id="${id}"${isLive && html` data-live="${id}"`}>${avatar(by)}
<div class="box bubble${by.type === "Bot" ? " bot" : ""}"><header><b>${by.login.replace("[bot]", "")}</b>
${by.type === "Bot" && html`<span class="pill">bot</span>`}
<span class="muted">commented ${time(at)}${isEdited && html` · edited`}</span>
${isAuthor && html`<span class="pill right">Author</span>`}</header>
<div class="markdown">${body === "" ? html`<p class="muted">No description provided.</p>` : markdown(body)}</div>
${faces.length > 0 && html`<p class="faces">${faces}</p>`}</div></article>`;
}

const FACES = {
  "+1": "👍",
  "-1": "👎",
  laugh: "😄",
  confused: "😕",
  heart: "❤️",
  hooray: "🎉",
  rocket: "🚀",
  eyes: "👀",
} as const;

export function avatar(user: User): Html {
  return html`<img class="avatar" src="/_/avatars/${encodeURIComponent(user.login)}" alt="" width="40" height="40">`;
}

/** A moment, in the reader's hands as ISO time and shown as the clock's. */
export function time(at: number): Html {
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}">at ${iso.slice(11, 19)}</time>`;
}

const REVIEW_WORDS: Readonly<Record<Review["state"], string>> = {
  APPROVED: "approved these changes",
  CHANGES_REQUESTED: "requested changes",
  COMMENTED: "reviewed",
  DISMISSED: "left a review, since dismissed,",
};

function reviewLine(review: Review): Html {
  const name: IconName = review.state === "APPROVED" ? "check" : review.state === "COMMENTED" ? "eye" : "cross";
  return html`<div class="event" data-live="review-${review.id}"><span class="badge review-${review.state.toLowerCase()}">${icon(name)}</span>
<b>${review.by.user.login}</b> ${REVIEW_WORDS[review.state]} <span class="muted">${time(review.at)}</span>
${review.body !== "" && html`<div class="box markdown">${markdown(review.body)}</div>`}
${review.comments.map(reviewComment)}</div>`;
}

/** A review's comment on lines, with the lines that it is about. */
export function reviewComment({ id, by, path, startLine, line, body }: ReviewComment): Html {
  const lines = startLine === undefined ? `${line}` : `${startLine}-${line}`;
  return html`<div class="box bubble" id="discussion_r${id}"><header><b>${by.user.login}</b>
<span class="muted">on <code>${path}:${lines}</code></span></header><div class="markdown">${markdown(body)}</div></div>`;
}

function eventLine(event: TimelineEvent, at: number): Html {
  return html`<div class="event" data-live="event-${at}"><span class="badge ${event.what}">${icon(EVENT_ICONS[event.what])}</span>
<b>${event.by.login}</b> ${eventWords(event)} <span class="muted">${time(event.at)}</span></div>`;
}

const EVENT_ICONS: Readonly<Record<TimelineEvent["what"], IconName>> = {
  pushed: "commit",
  labeled: "tag",
  unlabeled: "tag",
  merged: "merge",
  closed: "cross",
  reopened: "pull",
  deployed: "rocket",
};

function eventWords({ what, detail }: TimelineEvent): Html {
  if (what === "pushed") return html`pushed a commit <code>${detail.slice(0, 7)}</code>`;
  if (what === "merged") return html`merged this as <code>${detail.slice(0, 7)}</code>`;
  if (what === "labeled") return html`added the label <span class="label">${detail}</span>`;
  if (what === "unlabeled") return html`removed the label <span class="label">${detail}</span>`;
  return html`${what} this ${detail}`;
}
