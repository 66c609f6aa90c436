import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { trpc, type Webhook } from '../api.ts'
import { type Complaints, complaintsOf, NO_COMPLAINTS } from '../lib/refusal.ts'
import { JOB_STATUS_WORDS, JOB_STATUSES, type JobStatus } from '../lib/words.ts'
import { Button } from './button.tsx'
import { Actions, Dialog } from './dialog.tsx'
import { Field, Form, Input, Toggle } from './field.tsx'
import { ProjectPicker } from './project-picker.tsx'
import { toast } from './toast.tsx'
import { WebhookSecret } from './webhook-secret.tsx'

const FIELDS = ['url', 'projectId', 'statuses', 'enabled']

/** What a person chooses about a webhook, new or not. */
function useAttributes(webhook: Webhook | null) {
  // With a password in it the stored one is not shown, and what is shown must not be stored.
  const [url, setUrl] = useState<string | null>(null)
  const [projectId, setProjectId] = useState(webhook?.projectId ?? null)
  const [statuses, setStatuses] = useState<readonly JobStatus[]>(webhook?.statuses ?? [])
  const [enabled, setEnabled] = useState(webhook?.enabled ?? true)
  const fields = (
    <>
      <Field label="Address" name="url" hint="A password in it is kept encrypted and not shown again.">
        {(described) => (
          <Input
            {...described}
            type="url"
            className="font-mono"
            value={url ?? webhook?.url ?? ''}
            placeholder="https://example.com/hooks/ci"
            onChange={({ target }) => setUrl(target.value)}
          />
        )}
      </Field>
      <Field label="Jobs of" name="projectId">
        {(described) => <ProjectPicker {...described} none="all projects" value={projectId} onChoose={setProjectId} />}
      </Field>
      <Field
        group
        label="When a job becomes"
        name="statuses"
        hint="None chosen: it is told of every change, and of new jobs."
      >
        {(described) => (
          <div id={described.id} className="grid grid-cols-2 gap-x-4 gap-y-1">
            {JOB_STATUSES.map((status) => (
              <label key={status} className="flex min-h-6 items-center gap-2 text-sm">
                <input
                  type="checkbox"
                  className="size-3.5 accent-accent"
                  checked={statuses.includes(status)}
                  onChange={({ target }) =>
                    setStatuses(
                      JOB_STATUSES.filter((each) => (each === status ? target.checked : statuses.includes(each))),
                    )
                  }
                />
                {JOB_STATUS_WORDS[status]}
              </label>
            ))}
          </div>
        )}
      </Field>
      <Toggle label="Switched on" hint="Off: it is told of no new change." checked={enabled} onChange={setEnabled} />
    </>
  )
  const chosen = { projectId, statuses: [...statuses], enabled }
  return { fields, url: url?.trim() ?? null, chosen, saved: () => setUrl(null) }
}

export function EditWebhook({ webhook }: { webhook: Webhook }) {
  const queries = useQueryClient()
  const { fields, url, chosen, saved } = useAttributes(webhook)
  const [complaints, setComplaints] = useState<Complaints>(NO_COMPLAINTS)
  const update = useMutation(
    trpc.webhooks.update.mutationOptions({
      onSuccess() {
        toast.done('The webhook is saved')
        saved()
        void queries.invalidateQueries(trpc.webhooks.pathFilter())
      },
      onError: (error) => setComplaints(complaintsOf(error, FIELDS)),
    }),
  )
  return (
    <Form
      label="Webhook"
      complaints={complaints}
      onSubmit={() => {
        setComplaints(NO_COMPLAINTS)
        update.mutate({ id: webhook.id, ...chosen, ...(url !== null && { url }) })
      }}
    >
      {fields}
      <Actions>
        <Button kind="primary" submit busy={update.isPending}>
          Save changes
        </Button>
      </Actions>
    </Form>
  )
}

/** First the form, then the secret, this once. */
export function NewWebhook({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient()
  const { fields, url, chosen } = useAttributes(null)
  const [complaints, setComplaints] = useState<Complaints>(NO_COMPLAINTS)
  const create = useMutation(
    trpc.webhooks.create.mutationOptions({
      onSuccess: () => void queries.invalidateQueries(trpc.webhooks.pathFilter()),
      onError: (error) => setComplaints(complaintsOf(error, FIELDS)),
    }),
  )
  if (create.data) {
    return (
      <Dialog title="The webhook is created" onClose={onClose} wide>
        <WebhookSecret secret={create.data.secret} />
        <Actions>
          <Button kind="primary" onClick={onClose}>
            Done
          </Button>
        </Actions>
      </Dialog>
    )
  }
  return (
    <Dialog title="New webhook" onClose={onClose}>
      <Form
        label="New webhook"
        complaints={complaints}
        onSubmit={() => {
          setComplaints(NO_COMPLAINTS)
          create.mutate({ url: url ?? '', ...chosen })
        }}
      >
        {fields}
        <Actions>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" submit busy={create.isPending}>
            Create webhook
          </Button>
        </Actions>
      </Form>
    </Dialog>
  )
}
