import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { trpc } from '../../lib/api.ts'
import { useSave } from '../../lib/use-save.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { TextField } from '../ui/text-field.tsx'
import { toast } from '../ui/toast.tsx'

const FIELDS = ['path', 'name', 'groupPath', 'repository', 'repository.address', 'defaultBranch']

/** Asks for what a project cannot do without; everything else is set on its own page. */
export function NewProject({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [path, setPath] = useState('')
  const [address, setAddress] = useState('')
  const [defaultBranch, setDefaultBranch] = useState('')
  const { complaints, save, isSaving } = useSave(trpc.projects.create.mutationOptions(), FIELDS, async (project) => {
    toast.done(`${project.path} created`)
    void queries.invalidateQueries(trpc.projects.pathFilter())
    await navigate({ to: '/projects/$projectId', params: { projectId: project.id } })
  })
  return (
    <FormDialog
      title="New project"
      submit="Create project"
      complaints={complaints}
      busy={isSaving}
      onClose={onClose}
      onSubmit={() => {
        const whole = path.trim()
        const group = whole.includes('/') ? whole.slice(0, whole.lastIndexOf('/')) : null
        save({
          path: whole,
          ...(group && { groupPath: group }),
          ...(address.trim() && { repository: { address: address.trim() } }),
          ...(defaultBranch.trim() && { defaultBranch: defaultBranch.trim() }),
        })
      }}
    >
      <TextField
        label="Path"
        name="path"
        hint="Include the group, if any: harbour/lantern."
        className="font-mono"
        value={path}
        placeholder="harbour/lantern"
        onChange={setPath}
      />
      <TextField
        label="Repository"
        name="repository.address"
        hint="Where the code is. If empty, it is kept here: push to it."
        className="font-mono"
        value={address}
        placeholder="https://git.example.com/harbour/lantern.git"
        onChange={setAddress}
      />
      <TextField
        label="Default branch"
        name="defaultBranch"
        className="font-mono"
        value={defaultBranch}
        placeholder="main"
        onChange={setDefaultBranch}
      />
    </FormDialog>
  )
}
