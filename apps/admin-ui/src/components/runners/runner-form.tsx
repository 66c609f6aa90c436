import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type Runner, trpc } from '../../lib/api.ts'
import { useSave } from '../../lib/use-save.ts'
import { namesOf, wordsOf } from '../../lib/words.ts'
import { ProjectPicker } from '../projects/project-picker.tsx'
import { DurationInput } from '../ui/duration-input.tsx'
import { Field, Select, Toggle } from '../ui/field.tsx'
import { FormDialog, MadeDialog } from '../ui/form-dialog.tsx'
import { LinesField, TextField } from '../ui/text-field.tsx'
import { toast } from '../ui/toast.tsx'
import { NewToken } from './new-token.tsx'

const FIELDS = [
  'runnerType',
  'projectId',
  'groupId',
  'description',
  'maintenanceNote',
  'tagList',
  'maximumTimeout',
  'accessLevel',
  'runUntagged',
  'costFactor',
]

/** The settings of a new or existing runner, and their fields. */
function useAttributes(runner: Runner | null) {
  const [description, setDescription] = useState(runner?.description ?? '')
  const [tags, setTags] = useState(runner?.tagList.join(', ') ?? '')
  const [runUntagged, setRunUntagged] = useState(runner?.runUntagged ?? true)
  const [isProtected, setProtected] = useState(runner?.accessLevel === 'ref_protected')
  const [locked, setLocked] = useState(runner?.locked ?? false)
  const [paused, setPaused] = useState(runner?.paused ?? false)
  const [maximumTimeout, setMaximumTimeout] = useState(runner?.maximumTimeout ?? null)
  const [costFactor, setCostFactor] = useState(String(runner?.costFactor ?? 1))
  const [note, setNote] = useState(runner?.maintenanceNote ?? '')
  const fields = (
    <>
      <TextField
        label="Description"
        name="description"
        value={description}
        placeholder="What people call it"
        onChange={setDescription}
      />
      <TextField
        label="Tags"
        name="tagList"
        hint="Separated by commas. Jobs choose runners by their tags."
        value={tags}
        placeholder="linux, docker"
        onChange={setTags}
      />
      <Toggle label="Take jobs without tags" checked={runUntagged} onChange={setRunUntagged} />
      <Toggle label="Protected refs only" checked={isProtected} onChange={setProtected} />
      <Toggle label="Locked" hint="No more projects can be assigned." checked={locked} onChange={setLocked} />
      <Toggle label="Paused" hint="It takes no new jobs." checked={paused} onChange={setPaused} />
      <Field
        label="Job time limit"
        name="maximumTimeout"
        hint="At least 10 minutes. Leave empty for no limit of the runner’s own."
      >
        {(described) => (
          <DurationInput {...described} placeholder="no limit" seconds={maximumTimeout} onChange={setMaximumTimeout} />
        )}
      </Field>
      <TextField
        label="Cost factor"
        name="costFactor"
        hint="Each minute a job runs counts as this many compute minutes."
        type="number"
        inputMode="decimal"
        min={0}
        max={1000}
        step="any"
        value={costFactor}
        onChange={setCostFactor}
      />
      <LinesField label="Maintenance note" name="maintenanceNote" rows={2} value={note} onChange={setNote} />
    </>
  )
  return {
    fields,
    attributes: {
      description: description.trim() || null,
      // Tags that a runner registered with may contain blanks.
      tagList: namesOf(tags).flatMap((tag) => (runner?.tagList.includes(tag) ? [tag] : wordsOf(tag))),
      runUntagged,
      accessLevel: isProtected ? ('ref_protected' as const) : ('not_protected' as const),
      locked,
      paused,
      maximumTimeout,
      ...(costFactor !== '' && { costFactor: Number(costFactor) }),
      maintenanceNote: note.trim() || null,
    },
  }
}

/** Creates a runner, then shows its token once. */
export function NewRunner({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient()
  const { data: groups } = useQuery(trpc.groups.list.queryOptions())
  const [runnerType, setType] = useState<Runner['runnerType']>('instance_type')
  const [projectId, setProject] = useState<number>()
  const [groupId, setGroup] = useState<number>()
  const { fields, attributes } = useAttributes(null)
  const { complaints, save, isSaving, saved } = useSave(
    trpc.runners.create.mutationOptions(),
    FIELDS,
    () => void queries.invalidateQueries(trpc.runners.pathFilter()),
  )
  if (saved) {
    return (
      <MadeDialog title="Runner created" onClose={onClose}>
        <NewToken token={saved.token} expiresAt={saved.tokenExpiresAt} />
      </MadeDialog>
    )
  }
  return (
    <FormDialog
      title="New runner"
      submit="Create runner"
      complaints={complaints}
      busy={isSaving}
      onClose={onClose}
      onSubmit={() =>
        save({
          runnerType,
          ...(runnerType === 'project_type' && projectId !== undefined && { projectId }),
          ...(runnerType === 'group_type' && groupId !== undefined && { groupId }),
          ...attributes,
        })
      }
    >
      <Field label="Serves" name="runnerType">
        {(described) => (
          <Select
            {...described}
            value={runnerType}
            onChange={({ target }) => setType(target.value as Runner['runnerType'])}
          >
            <option value="instance_type">every project</option>
            <option value="group_type">the projects of a group</option>
            <option value="project_type">one project</option>
          </Select>
        )}
      </Field>
      {runnerType === 'project_type' && (
        <Field label="Project" name="projectId">
          {(described) => (
            <ProjectPicker
              {...described}
              none="Choose a project"
              value={projectId ?? null}
              onChoose={(id) => setProject(id ?? undefined)}
            />
          )}
        </Field>
      )}
      {runnerType === 'group_type' && (
        <Field label="Group" name="groupId" hint="A group is created with its first project.">
          {(described) => (
            <Select
              {...described}
              value={groupId ?? ''}
              onChange={({ target }) => setGroup(Number(target.value) || undefined)}
            >
              <option value="">Choose a group</option>
              {groups?.map(({ id, path }) => (
                <option key={id} value={id}>
                  {path}
                </option>
              ))}
            </Select>
          )}
        </Field>
      )}
      {fields}
    </FormDialog>
  )
}

export function EditRunner({ runner, onClose }: { runner: Runner; onClose: () => void }) {
  const queries = useQueryClient()
  const { fields, attributes } = useAttributes(runner)
  const { complaints, save, isSaving } = useSave(trpc.runners.update.mutationOptions(), FIELDS, () => {
    toast.done('Runner updated')
    void queries.invalidateQueries(trpc.runners.pathFilter())
    onClose()
  })
  return (
    <FormDialog
      title="Edit runner"
      submit="Save"
      complaints={complaints}
      busy={isSaving}
      onClose={onClose}
      onSubmit={() => save({ id: runner.id, ...attributes })}
    >
      {fields}
    </FormDialog>
  )
}
