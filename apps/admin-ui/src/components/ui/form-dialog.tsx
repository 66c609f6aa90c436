import type { ReactNode } from 'react'
import type { Complaints } from '../../lib/refusal.ts'
import { useKeptPage } from '../../lib/session.ts'
import { Button } from './button.tsx'
import { Actions, Dialog } from './dialog.tsx'
import { Form } from './field.tsx'

/** A form in a dialog, with buttons to submit and to cancel. */
export const FormDialog = ({
  title,
  submit,
  wide = false,
  complaints,
  busy,
  onSubmit,
  onClose,
  children,
}: {
  title: string
  /** The label of the button that submits. */
  submit: string
  wide?: boolean
  complaints: Complaints
  busy: boolean
  onSubmit: () => void
  onClose: () => void
  children: ReactNode
}) => (
  <Dialog title={title} wide={wide} onClose={onClose}>
    <Form label={title} complaints={complaints} onSubmit={onSubmit}>
      {children}
      <Actions>
        <Button onClick={onClose}>Cancel</Button>
        <Button kind="primary" submit busy={busy}>
          {submit}
        </Button>
      </Actions>
    </Form>
  </Dialog>
)

/** Shows a new secret once. The page is kept when the session ends, or the secret would be lost. */
export function MadeDialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  useKeptPage(true)
  return (
    <Dialog title={title} wide onClose={onClose}>
      {children}
      <Actions>
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      </Actions>
    </Dialog>
  )
}
