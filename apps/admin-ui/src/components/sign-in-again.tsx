import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { client } from '../lib/api.ts'
import { putOffSignIn, resumeSession, useSignInAsked } from '../lib/session.ts'
import { SignInForm } from './sign-in-form.tsx'
import { Dialog } from './ui/dialog.tsx'
import { toast } from './ui/toast.tsx'

const LOOK_AGAIN_MS = 2000

/** Asks for the sign-in on top of the page when the session has ended, so that nothing on the page is lost. */
export function SignInAgain() {
  return useSignInAsked() ? <SignInDialog /> : null
}

function SignInDialog() {
  const queries = useQueryClient()
  const resume = () => {
    resumeSession()
    toast.done('You are signed in again')
    void queries.invalidateQueries()
  }
  useSignedInElsewhere(resume)
  return (
    <Dialog title="Your session has ended" onClose={putOffSignIn}>
      <p className="mb-4 text-soft">
        Nothing on this page is lost. Sign in here, or in another tab, and continue; unsaved changes can be sent again.
      </p>
      <SignInForm onSignedIn={resume} />
    </Dialog>
  )
}

/** Resumes when another tab has signed in, perhaps by the printed link: tabs share the session. */
function useSignedInElsewhere(resume: () => void): void {
  useEffect(() => {
    let isGone = false
    const look = async () => {
      const isSignedIn = await client.settings.limits.query().then(
        () => true,
        () => false,
      )
      if (isSignedIn && !isGone) resume()
    }
    const again = window.setInterval(() => void look(), LOOK_AGAIN_MS)
    return () => {
      isGone = true
      window.clearInterval(again)
    }
  }, [resume])
}
