import { useState } from 'react'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { RotateIcon } from '../ui/icons.tsx'
import { Secret } from '../ui/secret.tsx'

/** A registration token, hidden at first, with a button to rotate it. */
export function RegistrationToken({
  token,
  of,
  busy,
  onRotate,
}: {
  /** Null when the stored token is damaged. */
  token: string | null
  /** The owner in words: "the project", "the group harbour". */
  of: string
  busy: boolean
  onRotate: (after: () => void) => void
}) {
  const [asked, setAsked] = useState(false)
  return (
    <div className="flex flex-wrap items-center gap-2">
      <div className="min-w-0 flex-[1_1_13rem]">
        {token === null ? (
          <p className="text-xs text-bad">It is damaged. Rotate it to get a new one.</p>
        ) : (
          <Secret text={token} label={`the registration token of ${of}`} />
        )}
      </div>
      <Button aria-label={`Rotate the registration token of ${of}`} onClick={() => setAsked(true)}>
        <RotateIcon /> Rotate
      </Button>
      {asked && (
        <Confirm
          title="Rotate the registration token?"
          action="Rotate"
          busy={busy}
          onConfirm={() => onRotate(() => setAsked(false))}
          onClose={() => setAsked(false)}
        >
          <p>The current one stops working at once. Runners that are already registered are not affected.</p>
        </Confirm>
      )}
    </div>
  )
}
