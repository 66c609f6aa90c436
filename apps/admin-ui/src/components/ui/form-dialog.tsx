import type { ReactNode } from 'react'
import type { Complaints } from '../../lib/refusal.ts'
import { useKeptPage } from '../../lib/session.ts'
import { Button } from './button.tsx'
import { Actions, Dialog } from './dialog.tsx'
import { Form } from './field.tsx'

/** A form in a dialog, with what sends it and what leaves it. */
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
  /** What the button says. */
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

/** What was made, shown this once: the page is kept when the session ends. */
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
