import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type Runner, trpc } from '../api.ts'
import { type Complaints, complaintsOf, NO_COMPLAINTS } from '../lib/refusal.ts'
import { Button } from './button.tsx'
import { Actions, Dialog } from './dialog.tsx'
import { DurationInput, Field, Form, Input, Select, Textarea, Toggle, wordsOf } from './field.tsx'
import { NewToken } from './new-token.tsx'
import { ProjectPicker } from './project-picker.tsx'
import { toast } from './toast.tsx'

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

/** What a person chooses about a runner, new or not. */
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
      <Field label="Description" name="description">
        {(described) => (
          <Input
            {...described}
            value={description}
            placeholder="What people call it"
            onChange={({ target }) => setDescription(target.value)}
          />
        )}
      </Field>
      <Field label="Tags" name="tagList" hint="Separated by commas. Jobs ask for runners by them.">
        {(described) => (
          <Input
            {...described}
            value={tags}
            placeholder="linux, docker"
            onChange={({ target }) => setTags(target.value)}
          />
        )}
      </Field>
      <Toggle label="Take jobs without tags" checked={runUntagged} onChange={setRunUntagged} />
      <Toggle label="Protected refs only" checked={isProtected} onChange={setProtected} />
      <Toggle label="Locked" hint="No further project can be assigned." checked={locked} onChange={setLocked} />
      <Toggle label="Paused" hint="It takes no new jobs." checked={paused} onChange={setPaused} />
      <Field label="Longest job" name="maximumTimeout" hint="At least 10 minutes. Empty: no limit of the runner’s own.">
        {(described) => <DurationInput {...described} seconds={maximumTimeout} onChange={setMaximumTimeout} />}
      </Field>
      <Field label="Cost factor" name="costFactor" hint="Each minute a job runs counts as many compute minutes.">
        {(described) => (
          <Input
            {...described}
            type="number"
            inputMode="decimal"
            min={0}
            max={1000}
            step="any"
            value={costFactor}
            onChange={({ target }) => setCostFactor(target.value)}
          />
        )}
      </Field>
      <Field label="Maintenance note" name="maintenanceNote">
        {(described) => (
          <Textarea {...described} rows={2} value={note} onChange={({ target }) => setNote(target.value)} />
        )}
      </Field>
    </>
  )
  return {
    fields,
    attributes: {
      description: description.trim() || null,
      tagList: wordsOf(tags),
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

/** Creates a runner and then shows its token, once. */
export function NewRunner({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient()
  const { data: groups } = useQuery(trpc.groups.list.queryOptions())
  const [runnerType, setType] = useState<Runner['runnerType']>('instance_type')
  const [projectId, setProject] = useState<number>()
  const [groupId, setGroup] = useState<number>()
  const [complaints, setComplaints] = useState<Complaints>(NO_COMPLAINTS)
  const { fields, attributes } = useAttributes(null)
  const create = useMutation(
    trpc.runners.create.mutationOptions({
      onSuccess: () => void queries.invalidateQueries(trpc.runners.pathFilter()),
      onError: (error) => setComplaints(complaintsOf(error, FIELDS)),
    }),
  )
  if (create.data) {
    return (
      <Dialog title="The runner is created" wide onClose={onClose}>
        <NewToken token={create.data.token} expiresAt={create.data.tokenExpiresAt} />
        <Actions>
          <Button kind="primary" onClick={onClose}>
            Done
          </Button>
        </Actions>
      </Dialog>
    )
  }
  return (
    <Dialog title="New runner" onClose={onClose}>
      <Form
        label="New runner"
        complaints={complaints}
        onSubmit={() => {
          setComplaints(NO_COMPLAINTS)
          create.mutate({
            runnerType,
            ...(runnerType === 'project_type' && projectId !== undefined && { projectId }),
            ...(runnerType === 'group_type' && groupId !== undefined && { groupId }),
            ...attributes,
          })
        }}
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
          <Field label="Group" name="groupId" hint="Groups come into being with the first project in them.">
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
        <Actions>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" submit busy={create.isPending}>
            Create runner
          </Button>
        </Actions>
      </Form>
    </Dialog>
  )
}

export function EditRunner({ runner, onClose }: { runner: Runner; onClose: () => void }) {
  const queries = useQueryClient()
  const [complaints, setComplaints] = useState<Complaints>(NO_COMPLAINTS)
  const { fields, attributes } = useAttributes(runner)
  const update = useMutation(
    trpc.runners.update.mutationOptions({
      onSuccess() {
        toast.done('The runner is changed')
        void queries.invalidateQueries(trpc.runners.pathFilter())
        onClose()
      },
      onError: (error) => setComplaints(complaintsOf(error, FIELDS)),
    }),
  )
  return (
    <Dialog title="Edit runner" onClose={onClose}>
      <Form
        label="Edit runner"
        complaints={complaints}
        onSubmit={() => {
          setComplaints(NO_COMPLAINTS)
          update.mutate({ id: runner.id, ...attributes })
        }}
      >
        {fields}
        <Actions>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" submit busy={update.isPending}>
            Save
          </Button>
        </Actions>
      </Form>
    </Dialog>
  )
}
