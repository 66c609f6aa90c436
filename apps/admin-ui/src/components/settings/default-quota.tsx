import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type Settings, trpc } from '../../lib/api.ts'
import { NO_QUOTA_FOUND, quotaOf, quotaText } from '../../lib/quota.ts'
import { useSave } from '../../lib/use-save.ts'
import { Button } from '../ui/button.tsx'
import { Field, Form, Input } from '../ui/field.tsx'
import { toast } from '../ui/toast.tsx'

const FIELDS = ['maxStoredBytes']

/** The storage quota for projects without their own. */
export function DefaultQuota({ settings }: { settings: Settings }) {
  const queries = useQueryClient()
  const [text, setText] = useState(quotaText(settings.maxStoredBytes))
  const { complaints, complain, save, isSaving } = useSave(
    trpc.settings.update.mutationOptions(),
    FIELDS,
    (changed) => {
      toast.done('Setting saved')
      setText(quotaText(changed.maxStoredBytes))
      queries.setQueryData(trpc.settings.get.queryKey(), changed)
    },
  )
  function submit() {
    const maxStoredBytes = quotaOf(text)
    if (maxStoredBytes === 'invalid') complain('maxStoredBytes', NO_QUOTA_FOUND)
    else save({ maxStoredBytes })
  }
  return (
    <Form label="Storage quota per project" complaints={complaints} onSubmit={submit}>
      <Field
        label="Storage quota per project (MiB)"
        name="maxStoredBytes"
        hint="For artifacts and logs of each project that has no quota of its own. Empty: no limit."
      >
        {(described) => (
          <div className="flex gap-2">
            <div className="min-w-0 flex-1">
              <Input
                {...described}
                inputMode="decimal"
                placeholder="no limit"
                value={text}
                onChange={({ target }) => setText(target.value)}
              />
            </div>
            <Button
              submit
              aria-label="Save the storage quota per project"
              disabled={quotaOf(text) === settings.maxStoredBytes}
              busy={isSaving}
            >
              Save
            </Button>
          </div>
        )}
      </Field>
    </Form>
  )
}
