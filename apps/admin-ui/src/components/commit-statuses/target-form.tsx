import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type Project, trpc } from '../../lib/api.ts'
import { FORGE_WORDS, FORGES, guessTarget, TOKEN_HINTS } from '../../lib/forges.ts'
import { useSave } from '../../lib/use-save.ts'
import { Field, Select, Toggle } from '../ui/field.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { TextField } from '../ui/text-field.tsx'
import { toast } from '../ui/toast.tsx'

const FIELDS = ['commitStatus.address', 'commitStatus.token', 'commitStatus.context', 'commitStatus.forge']

/** Where the statuses of a project's commits go. */
export function TargetForm({ project, onClose }: { project: Project; onClose: () => void }) {
  const queries = useQueryClient()
  const { commitStatus: present } = project
  const [guess] = useState(() => guessTarget(project.repoUrl))
  const [forge, setForge] = useState(present?.forge ?? guess.forge)
  const [address, setAddress] = useState(present?.address ?? guess.address)
  const [token, setToken] = useState('')
  const [context, setContext] = useState(present?.context ?? 'yardmaster')
  const [jobs, setJobs] = useState(present?.jobs ?? false)
  const { complaints, save, isSaving } = useSave(trpc.projects.update.mutationOptions(), FIELDS, () => {
    toast.done('Commit statuses saved')
    void queries.invalidateQueries(trpc.projects.pathFilter())
    void queries.invalidateQueries(trpc.commitStatuses.pathFilter())
    onClose()
  })
  const isGuess = !present && address !== '' && address === guess.address
  const isKept = present !== null && present.forge === forge
  return (
    <FormDialog
      title="Commit statuses"
      submit="Save"
      complaints={complaints}
      busy={isSaving}
      onClose={onClose}
      onSubmit={() =>
        save({
          id: project.id,
          commitStatus: {
            ...{ forge, address: address.trim(), context: context.trim(), jobs },
            ...(token.trim() !== '' && { token: token.trim() }),
          },
        })
      }
    >
      <Field label="Forge" name="commitStatus.forge">
        {(described) => (
          <Select
            {...described}
            value={forge}
            onChange={({ target }) => setForge(FORGES.find((one) => one === target.value) ?? forge)}
          >
            {FORGES.map((one) => (
              <option key={one} value={one}>
                {FORGE_WORDS[one]}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <TextField
        label="Repository there"
        name="commitStatus.address"
        hint={
          isGuess
            ? 'A guess from where the project’s jobs clone. Check that it is right.'
            : 'The address of its page, without a user.'
        }
        type="url"
        className="font-mono"
        value={address}
        placeholder="https://gitea.example/owner/name"
        onChange={setAddress}
      />
      <TextField
        label="Token"
        name="commitStatus.token"
        hint={`${TOKEN_HINTS[forge]} It is kept encrypted and not shown again.`}
        type="password"
        className="font-mono"
        value={token}
        placeholder={isKept ? 'unchanged' : ''}
        onChange={setToken}
      />
      <TextField
        label="Name of the status"
        name="commitStatus.context"
        hint={`The forge shows it as ${context.trim() || 'yardmaster'}.`}
        className="font-mono"
        value={context}
        onChange={setContext}
      />
      <Toggle
        label="Jobs, too"
        hint={`Each job has a status of its own, such as ${context.trim() || 'yardmaster'}/test.`}
        checked={jobs}
        onChange={setJobs}
      />
    </FormDialog>
  )
}
