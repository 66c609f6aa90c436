import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo, useRef, useState } from 'react'
import { type ScheduleDetails, trpc } from '../../lib/api.ts'
import { useSave } from '../../lib/use-save.ts'
import { ConfigEditor, type ConfigEditorHandle } from '../configuration/config-editor.tsx'
import {
  type EditedFile,
  type EnteredInputs,
  editedFiles,
  filesOf,
  pathFault,
} from '../configuration/edited-configuration.ts'
import { byFile, foundIn } from '../configuration/found.ts'
import { InputsForm } from '../configuration/inputs-form.tsx'
import { OpenFile } from '../configuration/open-file.tsx'
import { useTextFindings } from '../configuration/use-text-findings.ts'
import { useTypedInputs } from '../configuration/use-typed-inputs.ts'
import { ProjectPicker } from '../projects/project-picker.tsx'
import { Field, Input, Select, Toggle } from '../ui/field.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { TextField } from '../ui/text-field.tsx'
import { toast } from '../ui/toast.tsx'
import { type EditedVariable, editedVariable, VariablesInput } from '../ui/variables-input.tsx'

const FIELDS = ['projectId', 'description', 'cron', 'timeZone', 'ref', 'tag', 'sha', 'content', 'variables']

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
  const [tag, setTag] = useState(schedule?.tag ?? false)
  const [sha, setSha] = useState(schedule?.sha ?? '')
  const [readsRepository, setReadsRepository] = useState(schedule?.readsRepository ?? false)
  const [content, setContent] = useState(schedule?.content ?? (schedule?.readsRepository === null ? '' : EXAMPLE))
  const [files, setFiles] = useState<readonly EditedFile[]>(() => editedFiles(schedule?.files ?? {}))
  const [inputs, setInputs] = useState<EnteredInputs>(schedule?.inputs ?? {})
  const [variables, setVariables] = useState<readonly EditedVariable[]>(() =>
    (schedule?.variables ?? []).map((given) => editedVariable(given)),
  )
  const [active, setActive] = useState(schedule?.active ?? true)
  const editor = useRef<ConfigEditorHandle>(null)
  const texts = useMemo(() => ({ text: content, files: filesOf(files), inputs }), [content, files, inputs])
  const findings = useTextFindings(texts)
  const faults = useMemo(() => byFile(findings && content.trim() !== '' ? foundIn(findings) : []), [findings, content])
  const typed = useTypedInputs(inputs, findings?.inputs ?? null)
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
      <div className="grid gap-4 md:grid-cols-2">
        <TextField
          label={tag ? 'Tag' : 'Branch'}
          name="ref"
          className="font-mono"
          value={ref}
          placeholder="the default branch"
          onChange={setRef}
        />
        <div className="self-end pb-1.5">
          <Toggle label="The ref is a tag" checked={tag} onChange={setTag} />
        </div>
        <div className="md:col-span-2">
          <TextField
            label="Commit"
            name="sha"
            hint="The full id. Without one, jobs of projects with a repository take the newest commit of the ref."
            className="font-mono"
            value={sha}
            placeholder="not fixed"
            onChange={setSha}
          />
        </div>
      </div>
      <Field label="Source of the configuration" name={readsRepository ? 'content' : 'readsRepository'}>
        {(described) => (
          <Select
            {...described}
            value={readsRepository ? 'repository' : 'given'}
            onChange={({ target }) => setReadsRepository(target.value === 'repository')}
          >
            <option value="given">Given here</option>
            <option value="repository">Read from the project’s repository at each run</option>
          </Select>
        )}
      </Field>
      {!readsRepository && (
        <Field
          label="Configuration"
          group
          name="content"
          hint="As in .gitlab-ci.yml. Rules see $CI_PIPELINE_SOURCE as schedule. Files that it includes can be added."
        >
          {() => (
            <div className="grid grid-cols-[minmax(0,1fr)] gap-2">
              <ConfigEditor
                ref={editor}
                text={content}
                onText={setContent}
                files={files}
                onFiles={setFiles}
                faults={faults}
                className="h-64"
              />
              <div>
                <OpenFile onFiles={(opened) => editor.current?.open(opened)} />
              </div>
            </div>
          )}
        </Field>
      )}
      {!readsRepository && findings?.inputs && (findings.inputs.length > 0 || Object.keys(inputs).length > 0) && (
        <fieldset className="min-w-0 rounded-lg border border-line px-4 pt-2 pb-4">
          <legend className="px-1 text-sm font-medium">Inputs</legend>
          <InputsForm shown={findings.inputs} inputs={inputs} onChange={setInputs} />
        </fieldset>
      )}
      <VariablesInput variables={variables} flags={['masked', 'file', 'raw']} onChange={setVariables} />
      <Toggle
        label="Active"
        hint="When off, it creates pipelines only by hand."
        checked={active}
        onChange={setActive}
      />
    </>
  )
  const chosen = {
    ...{ description: description.trim(), cron: cron.trim(), timeZone: timeZone.trim(), active },
    content: readsRepository ? null : content,
    ref: ref.trim() || null,
    tag,
    sha: sha.trim() || null,
    files: readsRepository ? null : (texts.files ?? null),
    inputs: readsRepository ? null : (typed ?? null),
    variables: variables.map(({ key, value, masked, file, raw, public: isPublic }) => ({
      ...{ key: key.trim(), value, masked, file, raw, public: isPublic },
    })),
  }
  const hasBadPath = !readsRepository && files.some((file) => pathFault(file, files) !== null)
  return { fields, chosen, fault: hasBadPath ? 'A file has no path of its own: name it, or remove it.' : null }
}

export function NewSchedule({ project, onClose }: { project: number | null; onClose: () => void }) {
  const queries = useQueryClient()
  const [projectId, setProjectId] = useState(project)
  const { fields, chosen, fault } = useAttributes(null)
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
        else if (fault !== null) complain('content', fault)
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
  const { fields, chosen, fault } = useAttributes(schedule)
  const { complaints, complain, save, isSaving } = useSave(trpc.schedules.update.mutationOptions(), FIELDS, () => {
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
      onSubmit={() => (fault === null ? save({ id: schedule.id, ...chosen }) : complain('content', fault))}
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
