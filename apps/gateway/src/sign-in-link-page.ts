import { escapeHtml } from './http/escape-html.ts'

const page = (base: string, body: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="robots" content="noindex">
    <title>Sign in · Yardmaster</title>
    <link rel="icon" type="image/svg+xml" href="${base}/icon.svg">
    <link rel="stylesheet" href="${base}/sign-in-link.css">
  </head>
  <body>
    <main>
      <h1><img src="${base}/icon.svg" alt="" width="32" height="32"> Sign in to Yardmaster</h1>
${body}
    </main>
  </body>
</html>
`

/**
 * Returns the page of a sign-in link. Only its button uses the link up, because programs open links to preview them. It
 * works without scripts.
 *
 * @param base - path prefix of the external address, without a slash at the end.
 */
export const signInLinkPage = (base: string, link: string): string =>
  page(
    escapeHtml(base),
    `      <form method="post" action="${escapeHtml(base)}/sign-in">
        <p>This link signs this browser in as an administrator. It works once.</p>
        <input type="hidden" name="link" value="${escapeHtml(link)}">
        <button autofocus>Sign in</button>
      </form>`,
  )

/** Returns the page for a used, expired or unknown link. */
export const usedLinkPage = (base: string): string =>
  page(
    escapeHtml(base),
    `      <div class="box">
        <p role="alert">This sign-in link was used or has expired.</p>
        <p>Restarting Yardmaster prints a new one.</p>
        <a class="button" href="${escapeHtml(base)}/sign-in">Sign in with the administrator’s token</a>
      </div>`,
  )
