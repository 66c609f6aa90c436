import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { trpc, type Webhook } from '../../lib/api.ts'
import { useSave } from '../../lib/use-save.ts'
import { JOB_STATUS_WORDS, JOB_STATUSES, type JobStatus } from '../../lib/words.ts'
import { ProjectPicker } from '../projects/project-picker.tsx'
import { Button } from '../ui/button.tsx'
import { Actions } from '../ui/dialog.tsx'
import { Field, Form, Toggle } from '../ui/field.tsx'
import { FormDialog, MadeDialog } from '../ui/form-dialog.tsx'
import { TextField } from '../ui/text-field.tsx'
import { toast } from '../ui/toast.tsx'
import { WebhookSecret } from './webhook-secret.tsx'

const FIELDS = ['url', 'projectId', 'events', 'statuses', 'enabled']

const EVENTS = { job: 'Jobs', pipeline: 'Pipelines' } as const
type Event = keyof typeof EVENTS

/** The settings of a new or existing webhook, and their fields. */
function useAttributes(webhook: Webhook | null) {
  // A password in the stored address is masked, and the masked address must not be sent back.
  const [url, setUrl] = useState<string | null>(null)
  const [projectId, setProjectId] = useState(webhook?.projectId ?? null)
  const [events, setEvents] = useState<readonly Event[]>(webhook?.events ?? ['job'])
  const [statuses, setStatuses] = useState<readonly JobStatus[]>(webhook?.statuses ?? [])
  const [enabled, setEnabled] = useState(webhook?.enabled ?? true)
  const fields = (
    <>
      <TextField
        label="Address"
        name="url"
        hint="A password in it is kept encrypted and not shown again."
        type="url"
        className="font-mono"
        value={url ?? webhook?.url ?? ''}
        placeholder="https://example.com/hooks/ci"
        onChange={setUrl}
      />
      <Field label="Project" name="projectId">
        {(described) => <ProjectPicker {...described} none="all projects" value={projectId} onChoose={setProjectId} />}
      </Field>
      <Field group label="Events" name="events">
        {(described) => (
          <Checks id={described.id} words={EVENTS} all={['job', 'pipeline']} value={events} onChange={setEvents} />
        )}
      </Field>
      <Field
        group
        label="When a job or pipeline becomes"
        name="statuses"
        hint="Choose none to be notified of every change, and of new ones."
      >
        {(described) => (
          <Checks
            id={described.id}
            words={JOB_STATUS_WORDS}
            all={JOB_STATUSES}
            value={statuses}
            onChange={setStatuses}
          />
        )}
      </Field>
      <Toggle label="Enabled" hint="When off, new changes are not sent." checked={enabled} onChange={setEnabled} />
    </>
  )
  const chosen = { projectId, events: [...events], statuses: [...statuses], enabled }
  return { fields, url: url?.trim() ?? null, chosen, settle: () => setUrl(null) }
}

/** Boxes to check, in the order of all. */
function Checks<Name extends string>({
  id,
  words,
  all,
  value,
  onChange,
}: {
  id: string
  words: Readonly<Record<Name, string>>
  all: readonly Name[]
  value: readonly Name[]
  onChange: (value: readonly Name[]) => void
}) {
  return (
    <div id={id} className="grid grid-cols-2 gap-x-4 gap-y-1">
      {all.map((name) => (
        <label key={name} className="flex min-h-6 items-center gap-2 text-sm">
          <input
            type="checkbox"
            className="size-3.5 accent-accent"
            checked={value.includes(name)}
            onChange={({ target }) =>
              onChange(all.filter((each) => (each === name ? target.checked : value.includes(each))))
            }
          />
          {words[name]}
        </label>
      ))}
    </div>
  )
}

export function EditWebhook({ webhook }: { webhook: Webhook }) {
  const queries = useQueryClient()
  const { fields, url, chosen, settle } = useAttributes(webhook)
  const { complaints, save, isSaving } = useSave(trpc.webhooks.update.mutationOptions(), FIELDS, () => {
    toast.done('Webhook saved')
    settle()
    void queries.invalidateQueries(trpc.webhooks.pathFilter())
  })
  return (
    <Form
      label="Webhook"
      complaints={complaints}
      onSubmit={() => save({ id: webhook.id, ...chosen, ...(url !== null && { url }) })}
    >
      {fields}
      <Actions>
        <Button kind="primary" submit busy={isSaving}>
          Save changes
        </Button>
      </Actions>
    </Form>
  )
}

/** Creates a webhook, then shows its secret once. */
export function NewWebhook({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient()
  const { fields, url, chosen } = useAttributes(null)
  const { complaints, save, isSaving, saved } = useSave(
    trpc.webhooks.create.mutationOptions(),
    FIELDS,
    () => void queries.invalidateQueries(trpc.webhooks.pathFilter()),
  )
  if (saved) {
    return (
      <MadeDialog title="Webhook created" onClose={onClose}>
        <WebhookSecret secret={saved.secret} />
      </MadeDialog>
    )
  }
  return (
    <FormDialog
      title="New webhook"
      submit="Create webhook"
      complaints={complaints}
      busy={isSaving}
      onClose={onClose}
      onSubmit={() => save({ url: url ?? '', ...chosen })}
    >
      {fields}
    </FormDialog>
  )
}
