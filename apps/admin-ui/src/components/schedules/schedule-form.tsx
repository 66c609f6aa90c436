import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type ScheduleDetails, trpc } from '../../lib/api.ts'
import { useSave } from '../../lib/use-save.ts'
import { ProjectPicker } from '../projects/project-picker.tsx'
import { Field, Input, Toggle } from '../ui/field.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { LinesField, TextField } from '../ui/text-field.tsx'
import { toast } from '../ui/toast.tsx'
import { type EditedVariable, editedVariable, VariablesInput } from '../ui/variables-input.tsx'

const FIELDS = ['projectId', 'description', 'cron', 'timeZone', 'ref', 'content', 'variables']

const EXAMPLE = `job:
  script:
    - ./nightly.sh
`

/** The settings of a new or existing schedule, and their fields. */
function useAttributes(schedule: ScheduleDetails | null) {
  const [description, setDescription] = useState(schedule?.description ?? '')
  const [cron, setCron] = useState(schedule?.cron ?? '0 4 * * *')
  const [timeZone, setTimeZone] = useState(
    schedule?.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone ?? 'UTC',
  )
  const [ref, setRef] = useState(schedule?.ref ?? '')
  const [content, setContent] = useState(schedule ? (schedule.content ?? '') : EXAMPLE)
  const [variables, setVariables] = useState<readonly EditedVariable[]>(() =>
    (schedule?.variables ?? []).map((given) => editedVariable(given)),
  )
  const [active, setActive] = useState(schedule?.active ?? true)
  const fields = (
    <>
      <TextField label="Description" name="description" value={description} onChange={setDescription} />
      <div className="grid gap-4 md:grid-cols-2">
        <TextField
          label="Times"
          name="cron"
          hint="Minute, hour, day of the month, month, day of the week. 0 4 * * 1-5 is 4:00 from Monday to Friday."
          className="font-mono"
          value={cron}
          onChange={setCron}
        />
        <Field label="Time zone" name="timeZone" hint="As Europe/Berlin, or UTC.">
          {(described) => (
            <>
              <Input
                {...described}
                list={`${described.id}-zones`}
                value={timeZone}
                onChange={({ target }) => setTimeZone(target.value)}
              />
              <datalist id={`${described.id}-zones`}>
                {Intl.supportedValuesOf('timeZone').map((zone) => (
                  <option key={zone} value={zone} />
                ))}
              </datalist>
            </>
          )}
        </Field>
      </div>
      <TextField
        label={schedule?.tag ? 'Tag' : 'Branch'}
        name="ref"
        className="font-mono"
        value={ref}
        placeholder="the default branch"
        onChange={setRef}
      />
      <LinesField
        label="Configuration"
        name="content"
        hint="As in .gitlab-ci.yml. Rules see $CI_PIPELINE_SOURCE as schedule."
        rows={10}
        value={content}
        onChange={setContent}
      />
      <VariablesInput variables={variables} flags={['masked', 'file']} onChange={setVariables} />
      <Toggle
        label="Active"
        hint="When off, it creates pipelines only by hand."
        checked={active}
        onChange={setActive}
      />
    </>
  )
  const stored = new Map((schedule?.variables ?? []).map((variable) => [variable.key, variable]))
  const chosen = {
    ...{ description: description.trim(), cron: cron.trim(), timeZone: timeZone.trim(), content, active },
    ref: ref.trim() || null,
    variables: variables.map(({ key, value, masked, file }) => ({
      ...{ key: key.trim(), value, masked, file },
      // What cannot be edited here stays as it is.
      raw: stored.get(key)?.raw ?? false,
      public: stored.get(key)?.public ?? false,
    })),
  }
  return { fields, chosen }
}

export function NewSchedule({ project, onClose }: { project: number | null; onClose: () => void }) {
  const queries = useQueryClient()
  const [projectId, setProjectId] = useState(project)
  const { fields, chosen } = useAttributes(null)
  const { complaints, complain, save, isSaving } = useSave(trpc.schedules.create.mutationOptions(), FIELDS, () => {
    toast.done('Schedule created')
    void queries.invalidateQueries(trpc.schedules.pathFilter())
    onClose()
  })
  return (
    <FormDialog
      title="New schedule"
      submit="Create schedule"
      wide
      complaints={complaints}
      busy={isSaving}
      onClose={onClose}
      onSubmit={() => {
        if (projectId === null) complain('projectId', 'Choose the project of its pipelines.')
        else {
          const variables = chosen.variables.map(({ value, ...rest }) => ({ ...rest, value: value ?? '' }))
          save({ projectId, ...chosen, variables })
        }
      }}
    >
      <Field label="Project" name="projectId">
        {(described) => (
          <ProjectPicker {...described} none="choose a project" value={projectId} onChoose={setProjectId} />
        )}
      </Field>
      {fields}
    </FormDialog>
  )
}

/** The form of an existing schedule, once it has been read. */
export function EditSchedule({ id, onClose }: { id: number; onClose: () => void }) {
  const { data } = useQuery(trpc.schedules.get.queryOptions({ id }, { staleTime: 0, gcTime: 0 }))
  return data ? <Edit schedule={data} onClose={onClose} /> : null
}

function Edit({ schedule: given, onClose }: { schedule: ScheduleDetails; onClose: () => void }) {
  const queries = useQueryClient()
  // What is being edited does not change with what is read again.
  const [schedule] = useState(given)
  const { fields, chosen } = useAttributes(schedule)
  const { complaints, save, isSaving } = useSave(trpc.schedules.update.mutationOptions(), FIELDS, () => {
    toast.done('Schedule saved')
    void queries.invalidateQueries(trpc.schedules.pathFilter())
    onClose()
  })
  return (
    <FormDialog
      title={`Schedule of ${schedule.projectPath}`}
      submit="Save changes"
      wide
      complaints={complaints}
      busy={isSaving}
      onClose={onClose}
      onSubmit={() => save({ id: schedule.id, ...chosen })}
    >
      {schedule.lastFailure !== null && (
        <p className="rounded-md bg-warn-wash px-3 py-2 text-sm whitespace-pre-wrap text-warn">
          {schedule.pausedByFailures
            ? `Paused after ${schedule.failures} failures in a row. The last one: `
            : 'The last run created no pipeline: '}
          {schedule.lastFailure}
        </p>
      )}
      {fields}
    </FormDialog>
  )
}
