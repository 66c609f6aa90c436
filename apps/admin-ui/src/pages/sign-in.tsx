import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { Button } from '../components/button.tsx'
import { Problem } from '../components/dialog.tsx'
import { BrandIcon } from '../components/icons.tsx'
import { gatewayPath } from '../lib/base.ts'

const route = getRouteApi('/sign-in')

/** Only to this dashboard: an address that begins with two slashes would be another server. */
const target = (next: string | undefined): `/${string}` =>
  next && /^\/(?![/\\])/.test(next) ? (next as `/${string}`) : '/'

/** The only thing to do here. */
const focus = (input: HTMLInputElement | null) => input?.focus()

/** Asks for the administrator's token. */
export function SignInPage() {
  const { next } = route.useSearch()
  const [problem, setProblem] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)

  async function signIn(form: HTMLFormElement) {
    setBusy(true)
    setProblem(null)
    try {
      const reply = await fetch(gatewayPath('/sign-in'), {
        method: 'POST',
        headers: { Accept: 'application/json' },
        body: new URLSearchParams({ token: String(new FormData(form).get('token') ?? '') }),
      })
      if (reply.ok) return window.location.assign(gatewayPath(target(next)))
      const { message } = (await reply.json()) as { message?: string }
      setProblem(message ?? 'The server refused. Try again.')
    } catch {
      setProblem('The server does not answer. Check the connection, then try again.')
    }
    setBusy(false)
    form.querySelector('input')?.select()
  }

  return (
    <main className="mx-auto grid min-h-dvh max-w-sm content-center gap-6 px-4 py-10">
      <title>Sign in · Yardmaster</title>
      <div className="flex items-center gap-2.5">
        <span className="grid size-8 place-items-center rounded-lg bg-accent text-accent-ink">
          <BrandIcon className="size-5" />
        </span>
        <h1 className="text-xl font-semibold">Sign in to Yardmaster</h1>
      </div>
      <form
        method="post"
        action={gatewayPath('/sign-in')}
        onSubmit={(event) => {
          event.preventDefault()
          void signIn(event.currentTarget)
        }}
        className="rounded-lg border border-line bg-panel p-5"
      >
        <label htmlFor="token" className="mb-1 block text-sm font-medium">
          Administrator’s token
        </label>
        <input
          id="token"
          name="token"
          type="password"
          autoComplete="current-password"
          required
          ref={focus}
          aria-invalid={problem !== null || undefined}
          aria-describedby={problem === null ? undefined : 'problem'}
          className="control h-9 w-full font-mono"
        />
        {problem && (
          <div id="problem">
            <Problem>{problem}</Problem>
          </div>
        )}
        <Button kind="primary" submit busy={busy} className="mt-4 h-9 w-full">
          Sign in
        </Button>
      </form>
      <p className="text-sm text-soft">
        The token is in the file <code className="font-mono text-xs text-ink">admin-token</code> of the data directory,
        or what <code className="font-mono text-xs text-ink">ADMIN_TOKEN</code> was set to. Starting Yardmaster also
        prints a link that signs in once.
      </p>
    </main>
  )
}
