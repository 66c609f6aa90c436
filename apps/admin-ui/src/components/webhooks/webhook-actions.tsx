import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { trpc, type Webhook } from '../../lib/api.ts'
import { took } from '../../lib/request-duration.ts'
import { useAction } from '../ui/action.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { MadeDialog } from '../ui/form-dialog.tsx'
import { RotateIcon, TrashIcon } from '../ui/icons.tsx'
import { MenuItem, MoreMenu } from '../ui/menu.tsx'
import { toast } from '../ui/toast.tsx'
import { WebhookSecret } from './webhook-secret.tsx'

/** The actions for a webhook besides editing it. */
export function WebhookActions({ webhook }: { webhook: Webhook }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [asked, setAsked] = useState<'rotate' | 'remove' | null>(null)
  const [secret, setSecret] = useState<string | null>(null)
  const { id } = webhook
  const test = useAction(trpc.webhooks.test.mutationOptions(), null, ({ state, attempts }) => {
    const last = attempts.at(-1)
    if (state === 'delivered' && last) toast.done(`The receiver answered ${last.status} in ${took(last)}`)
    else toast.failed(last?.error ?? 'The test was not delivered')
    void queries.invalidateQueries(trpc.webhooks.deliveries.pathFilter())
  })
  const rotate = useAction(trpc.webhooks.rotateSecret.mutationOptions(), null, (rotated) => {
    setAsked(null)
    setSecret(rotated.secret)
  })
  const remove = useAction(trpc.webhooks.remove.mutationOptions(), 'Webhook removed', () => {
    void navigate({ to: '/webhooks' })
    void queries.invalidateQueries(trpc.webhooks.list.pathFilter())
  })
  return (
    <>
      <Button busy={test.isPending} onClick={() => test.mutate({ id })}>
        Send a test
      </Button>
      <MoreMenu>
        <MenuItem onSelect={() => setAsked('rotate')}>
          <RotateIcon className="text-soft" /> Rotate the secret
        </MenuItem>
        <MenuItem danger onSelect={() => setAsked('remove')}>
          <TrashIcon /> Remove
        </MenuItem>
      </MoreMenu>
      {asked === 'rotate' && (
        <Confirm
          title="Rotate the secret?"
          action="Rotate"
          busy={rotate.isPending}
          onConfirm={() => rotate.mutate({ id })}
          onClose={() => setAsked(null)}
        >
          <p>Everything sent from then on is signed with the new secret, including retries of failed deliveries.</p>
        </Confirm>
      )}
      {asked === 'remove' && (
        <Confirm
          title="Remove this webhook?"
          action="Remove the webhook"
          busy={remove.isPending}
          onConfirm={() => remove.mutate({ id })}
          onClose={() => setAsked(null)}
        >
          <p>Its deliveries are removed too, including those waiting for a retry.</p>
        </Confirm>
      )}
      {secret !== null && (
        <MadeDialog title="Secret rotated" onClose={() => setSecret(null)}>
          <WebhookSecret secret={secret} />
        </MadeDialog>
      )}
    </>
  )
}
