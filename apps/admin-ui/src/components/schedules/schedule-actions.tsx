import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type Schedule, trpc } from '../../lib/api.ts'
import { useAction } from '../ui/action.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { Switch } from '../ui/field.tsx'
import { PlayIcon, TrashIcon } from '../ui/icons.tsx'
import { toast } from '../ui/toast.tsx'

/** Switches a schedule on and off. */
export function ActiveSwitch({ schedule: { id, description, active } }: { schedule: Schedule }) {
  const queries = useQueryClient()
  const update = useAction(trpc.schedules.update.mutationOptions(), null, (changed) => {
    toast.done(changed.active ? 'Schedule switched on' : 'Schedule switched off')
    void queries.invalidateQueries(trpc.schedules.pathFilter())
  })
  return (
    <Switch
      aria-label={`Active: ${description}`}
      checked={active}
      disabled={update.isPending}
      onCheckedChange={(checked) => update.mutate({ id, active: checked })}
    />
  )
}

/** The other actions for a schedule, besides editing it. */
export function ScheduleActions({ schedule: { id, description } }: { schedule: Schedule }) {
  const queries = useQueryClient()
  const [asked, setAsked] = useState(false)
  const reload = () => void queries.invalidateQueries(trpc.schedules.pathFilter())
  const run = useAction(trpc.schedules.run.mutationOptions(), null, (made) => {
    toast.done(`Pipeline ${made.id} created`)
    reload()
  })
  const remove = useAction(trpc.schedules.remove.mutationOptions(), 'Schedule removed', () => {
    setAsked(false)
    reload()
  })
  return (
    <span className="inline-flex gap-1">
      <Button
        kind="quiet"
        iconOnly
        aria-label={`Run now: ${description}`}
        title="Run now"
        busy={run.isPending}
        onClick={() => run.mutate({ id })}
      >
        <PlayIcon />
      </Button>
      <Button kind="quiet" iconOnly aria-label={`Remove: ${description}`} title="Remove" onClick={() => setAsked(true)}>
        <TrashIcon />
      </Button>
      {asked && (
        <Confirm
          title="Remove this schedule?"
          action="Remove the schedule"
          busy={remove.isPending}
          onConfirm={() => remove.mutate({ id })}
          onClose={() => setAsked(false)}
        >
          <p>It creates no more pipelines. Those it has created stay.</p>
        </Confirm>
      )}
    </span>
  )
}
