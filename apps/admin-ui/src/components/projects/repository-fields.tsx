import type { Project } from '../../lib/api.ts'
import { Field, Select } from '../ui/field.tsx'
import { LinesField, TextField } from '../ui/text-field.tsx'

/** What is typed about a repository. Null: as it is. */
export interface EditedRepository {
  readonly address: string | null
  readonly username: string | null
  readonly password: string | null
  readonly deployKey: string | null
  readonly clone: Project['clone'] | null
}

export const UNEDITED: EditedRepository = {
  address: null,
  username: null,
  password: null,
  deployKey: null,
  clone: null,
}

/** The names of these fields in refusals. */
export const REPOSITORY_FIELDS = [
  'repository',
  'repository.address',
  'repository.username',
  'repository.password',
  'repository.deployKey',
  'clone',
]

const isHttp = (address: string): boolean => /^https?:/i.test(address)
const isSsh = (address: string): boolean => /^ssh:|^[^/:]+@/i.test(address)

/** Returns the members for `projects.update`: what was edited, and nothing else. */
export function repositoryChanges(project: Project, edited: EditedRepository) {
  const address = (edited.address ?? project.repository?.address ?? '').trim()
  const { username, password, deployKey, clone } = edited
  const isTouched = [edited.address, username, password, deployKey].some((text) => text !== null)
  const given = {
    address,
    ...(username !== null && { username: username.trim() || null }),
    ...(password !== null && password !== '' && { password }),
    ...(deployKey !== null && deployKey.trim() !== '' && { deployKey }),
    // Another kind of address has other credentials.
    ...(!isHttp(address) && { username: null, password: null }),
    ...(!isSsh(address) && { deployKey: null }),
  }
  return {
    ...(isTouched && { repository: address === '' ? null : given }),
    ...(clone !== null && isHttp(address) && { clone }),
  }
}

/** Where the files are, what opens the address, and who runners clone from. */
export function RepositoryFields({
  project,
  edited,
  onChange,
}: {
  project: Project
  edited: EditedRepository
  onChange: (edited: EditedRepository) => void
}) {
  const { repository } = project
  const address = edited.address ?? repository?.address ?? ''
  const change = (part: Partial<EditedRepository>) => onChange({ ...edited, ...part })
  const kept = (has: boolean | undefined) => (has ? 'kept; type to replace it' : 'none')
  return (
    <>
      <div className="md:col-span-2">
        <TextField
          label="Repository"
          name="repository.address"
          hint="http, https, ssh, user@host:path or file. Configurations are read from it."
          className="font-mono"
          value={address}
          placeholder="none (jobs get no sources)"
          onChange={(text) => change({ address: text })}
        />
      </div>
      {isHttp(address) && (
        <>
          <TextField
            label="User name"
            name="repository.username"
            autoComplete="off"
            value={edited.username ?? repository?.username ?? ''}
            placeholder="any, with a token as the password"
            onChange={(text) => change({ username: text })}
          />
          <TextField
            label="Password or token"
            name="repository.password"
            hint="Kept encrypted and not shown again."
            type="password"
            autoComplete="new-password"
            value={edited.password ?? ''}
            placeholder={kept(repository?.hasPassword)}
            onChange={(text) => change({ password: text })}
          />
          <Field
            label="Runners clone from"
            name="clone"
            hint="The server of the repository learns nothing of jobs when they clone from here; its credentials stay here."
          >
            {(described) => (
              <Select
                {...described}
                value={edited.clone ?? project.clone}
                onChange={({ target }) => change({ clone: target.value === 'direct' ? 'direct' : 'gateway' })}
              >
                <option value="gateway">this server</option>
                <option value="direct">the server of the repository</option>
              </Select>
            )}
          </Field>
        </>
      )}
      {isSsh(address) && (
        <div className="md:col-span-2">
          <LinesField
            label="Deploy key"
            name="repository.deployKey"
            hint="A private key without a passphrase. Kept encrypted and not shown again."
            className="font-mono"
            rows={4}
            spellCheck={false}
            value={edited.deployKey ?? ''}
            placeholder={kept(repository?.hasDeployKey)}
            onChange={(text) => change({ deployKey: text })}
          />
        </div>
      )}
    </>
  )
}
