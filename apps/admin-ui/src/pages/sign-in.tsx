import { getRouteApi } from '@tanstack/react-router'
import { SignInForm } from '../components/sign-in-form.tsx'
import { BrandIcon } from '../components/ui/icons.tsx'
import { gatewayPath } from '../lib/base.ts'

const route = getRouteApi('/sign-in')

/** Leads to this dashboard only: an address that begins with two slashes would be another server. */
const target = (next: string | undefined): `/${string}` =>
  next && /^\/(?![/\\])/.test(next) ? (next as `/${string}`) : '/'

/** Asks for the administrator's token. */
export function SignInPage() {
  const { next } = route.useSearch()
  return (
    <main className="mx-auto grid min-h-dvh max-w-sm content-center gap-6 px-4 py-10">
      <title>Sign in · Yardmaster</title>
      <div className="flex items-center gap-2.5">
        <span className="grid size-8 place-items-center rounded-lg bg-accent text-accent-ink">
          <BrandIcon className="size-5" />
        </span>
        <h1 className="text-xl font-semibold">Sign in to Yardmaster</h1>
      </div>
      <SignInForm
        onSignedIn={() => window.location.assign(gatewayPath(target(next)))}
        className="rounded-lg border border-line bg-panel p-5"
      />
      <p className="text-sm text-soft">
        The token is in the file <code className="font-mono text-xs text-ink">admin-token</code> in the data directory,
        or is the value of <code className="font-mono text-xs text-ink">ADMIN_TOKEN</code>. At startup, Yardmaster also
        prints a link that signs you in once.
      </p>
    </main>
  )
}
