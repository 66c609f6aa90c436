import { useId, useState } from 'react'
import { gatewayPath } from '../lib/base.ts'
import { Button } from './ui/button.tsx'
import { Problem } from './ui/dialog.tsx'

/** The token is the only field, so it gets the focus. */
const focus = (input: HTMLInputElement | null) => input?.focus()

/** Asks for the administrator's token and starts a session with it. */
export function SignInForm({ onSignedIn, className = '' }: { onSignedIn: () => void; className?: string }) {
  const id = useId()
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
      if (reply.ok) return onSignedIn()
      const { message } = (await reply.json()) as { message?: string }
      setProblem(message ?? 'The server refused the sign-in. Try again.')
    } catch {
      setProblem('The server is not responding. Check the connection, then try again.')
    }
    setBusy(false)
    form.querySelector('input')?.select()
  }

  return (
    <form
      method="post"
      action={gatewayPath('/sign-in')}
      onSubmit={(event) => {
        event.preventDefault()
        void signIn(event.currentTarget)
      }}
      className={className}
    >
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        Administrator’s token
      </label>
      <input
        id={id}
        name="token"
        type="password"
        autoComplete="current-password"
        required
        ref={focus}
        aria-invalid={problem !== null || undefined}
        aria-describedby={problem === null ? undefined : `${id}-problem`}
        className="control h-9 w-full font-mono"
      />
      {problem && (
        <div id={`${id}-problem`}>
          <Problem>{problem}</Problem>
        </div>
      )}
      <Button kind="primary" submit busy={busy} className="mt-4 h-9 w-full">
        Sign in
      </Button>
    </form>
  )
}
