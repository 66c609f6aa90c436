import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type Project, trpc } from '../../lib/api.ts'
import { daysInWords, daysOf, NO_DAYS_FOUND } from '../../lib/days.ts'
import { useProjectPaths } from '../../lib/lists.ts'
import { NO_QUOTA_FOUND, quotaOf, quotaText } from '../../lib/quota.ts'
import { useSave } from '../../lib/use-save.ts'
import { namesOf, wordsOf } from '../../lib/words.ts'
import { Button } from '../ui/button.tsx'
import { Actions } from '../ui/dialog.tsx'
import { DurationInput } from '../ui/duration-input.tsx'
import { Field, Form, Toggle } from '../ui/field.tsx'
import { CloseIcon } from '../ui/icons.tsx'
import { Panel } from '../ui/page.tsx'
import { TextField } from '../ui/text-field.tsx'
import { toast } from '../ui/toast.tsx'
import { editedVariable, VariablesInput } from '../ui/variables-input.tsx'
import { ProjectPicker } from './project-picker.tsx'
import { REPOSITORY_FIELDS, RepositoryFields, repositoryChanges, UNEDITED } from './repository-fields.tsx'

const FIELDS = [
  'path',
  'name',
  ...REPOSITORY_FIELDS,
  'configPath',
  'defaultBranch',
  'protectedRefs',
  'protectedEnvironments',
  'timeout',
  'maxStoredBytes',
  'jobRetentionDays',
  'logRetentionDays',
  'variables',
  'jobTokenAllowlist',
]

const DEFAULT_CONFIG_PATH = '.gitlab-ci.yml'

/** All settings of a project, saved together. */
export function ProjectForm({ project }: { project: Project }) {
  const queries = useQueryClient()
  const { data: settings } = useQuery(trpc.settings.get.queryOptions())
  const [name, setName] = useState(project.name)
  const [path, setPath] = useState(project.path)
  const [repository, setRepository] = useState(UNEDITED)
  const [configPath, setConfigPath] = useState(project.configPath)
  const [defaultBranch, setDefaultBranch] = useState(project.defaultBranch)
  const [protectedRefs, setProtectedRefs] = useState(project.protectedRefs.join(', '))
  const [protectedEnvironments, setProtectedEnvironments] = useState(project.protectedEnvironments.join(', '))
  const [timeout, setTimeout] = useState<number | null>(project.timeout)
  const [quota, setQuota] = useState(quotaText(project.maxStoredBytes))
  const [jobDays, setJobDays] = useState(String(project.jobRetentionDays ?? ''))
  const [logDays, setLogDays] = useState(String(project.logRetentionDays ?? ''))
  const [instanceRunnersEnabled, setInstanceRunners] = useState(project.instanceRunnersEnabled)
  const [groupRunnersEnabled, setGroupRunners] = useState(project.groupRunnersEnabled)
  const [ciEnabled, setCi] = useState(project.ciEnabled)
  const [autoCancelPending, setAutoCancel] = useState(project.autoCancelPending)
  const [publicBadges, setPublicBadges] = useState(project.publicBadges)
  const [allowed, setAllowed] = useState<readonly number[]>(project.jobTokenAllowlist)
  const [variables, setVariables] = useState(() => project.variables.map((variable) => editedVariable(variable)))
  const { complaints, complain, save, isSaving } = useSave(
    trpc.projects.update.mutationOptions(),
    FIELDS,
    (changed) => {
      toast.done('Project saved')
      setRepository(UNEDITED)
      setVariables(changed.variables.map((variable) => editedVariable(variable)))
      void queries.invalidateQueries(trpc.projects.pathFilter())
    },
  )

  function submit() {
    if (timeout === null) return complain('timeout', 'A project needs a time limit.')
    const maxStoredBytes = quotaOf(quota)
    if (maxStoredBytes === 'invalid') {
      return complain('maxStoredBytes', NO_QUOTA_FOUND)
    }
    const [jobRetentionDays, logRetentionDays] = [daysOf(jobDays), daysOf(logDays)]
    if (jobRetentionDays === 'invalid') return complain('jobRetentionDays', NO_DAYS_FOUND)
    if (logRetentionDays === 'invalid') return complain('logRetentionDays', NO_DAYS_FOUND)
    save({
      id: project.id,
      name: name.trim(),
      ...(path.trim() !== project.path && { path: path.trim() }),
      ...repositoryChanges(project, repository),
      ...(configPath.trim() !== project.configPath && { configPath: configPath.trim() || DEFAULT_CONFIG_PATH }),
      defaultBranch: defaultBranch.trim(),
      protectedRefs: wordsOf(protectedRefs),
      protectedEnvironments: namesOf(protectedEnvironments),
      timeout,
      maxStoredBytes,
      jobRetentionDays,
      logRetentionDays,
      instanceRunnersEnabled,
      groupRunnersEnabled,
      ciEnabled,
      autoCancelPending,
      publicBadges,
      jobTokenAllowlist: [...allowed],
      variables: variables.map(({ key, value, masked, file, raw, protected: isProtected }) => ({
        key: key.trim(),
        value,
        masked,
        file,
        raw,
        protected: isProtected,
      })),
    })
  }

  return (
    <Form label="Project settings" complaints={complaints} onSubmit={submit}>
      <Panel title="General">
        <div className="grid gap-4 md:grid-cols-2">
          <TextField label="Name" name="name" value={name} onChange={setName} />
          <TextField
            label="Path"
            name="path"
            className="font-mono"
            disabled={project.path === 'default'}
            value={path}
            onChange={setPath}
          />
          <RepositoryFields project={project} edited={repository} onChange={setRepository} />
          <TextField
            label="Configuration path"
            name="configPath"
            hint="In the repository; @group/project after it reads it from another project."
            className="font-mono"
            value={configPath}
            placeholder={DEFAULT_CONFIG_PATH}
            onChange={setConfigPath}
          />
          <TextField
            label="Default branch"
            name="defaultBranch"
            className="font-mono"
            value={defaultBranch}
            onChange={setDefaultBranch}
          />
          <Field label="Job time limit" name="timeout">
            {(described) => <DurationInput {...described} seconds={timeout} onChange={setTimeout} />}
          </Field>
          <TextField
            label="Storage quota (MiB)"
            name="maxStoredBytes"
            hint="Artifacts and logs together. When it is used up, uploads are refused and jobs that still write to their log fail."
            value={quota}
            placeholder={
              settings?.maxStoredBytes == null
                ? 'no limit'
                : `${quotaText(settings.maxStoredBytes)}, set in the settings`
            }
            onChange={setQuota}
          />
          <span className="hidden md:block" />
          <TextField
            label="Keep finished pipelines for (days)"
            name="jobRetentionDays"
            hint={atMost('With their jobs, logs and artifacts.', settings?.jobRetentionDays)}
            inputMode="numeric"
            value={jobDays}
            placeholder={daysInWords(settings?.jobRetentionDays ?? null)}
            onChange={setJobDays}
          />
          <TextField
            label="Keep logs of finished jobs for (days)"
            name="logRetentionDays"
            hint={atMost('The jobs stay, with their artifacts.', settings?.logRetentionDays)}
            inputMode="numeric"
            value={logDays}
            placeholder={
              settings?.logRetentionDays == null ? 'as long as the jobs' : daysInWords(settings.logRetentionDays)
            }
            onChange={setLogDays}
          />
          <div className="md:col-span-2">
            <TextField
              label="Protected refs"
              name="protectedRefs"
              hint="Separated by commas; * matches any text. Protected variables and runners are for these refs."
              className="font-mono"
              value={protectedRefs}
              placeholder="main, release-*"
              onChange={setProtectedRefs}
            />
          </div>
          <div className="md:col-span-2">
            <TextField
              label="Protected environments"
              name="protectedEnvironments"
              hint="Separated by commas; * matches any text. Only jobs of protected refs may touch them."
              className="font-mono"
              value={protectedEnvironments}
              placeholder="production, staging/*"
              onChange={setProtectedEnvironments}
            />
          </div>
        </div>
      </Panel>
      <Panel title="Variables">
        <VariablesInput
          variables={variables}
          onChange={(next) => setVariables([...next])}
          titled
          flags={['masked', 'file', 'protected', 'raw']}
        />
      </Panel>
      <Panel title="Runners and access">
        <div className="grid gap-4">
          <Toggle label="CI" hint="When off, no runner takes its jobs." checked={ciEnabled} onChange={setCi} />
          <Toggle
            label="Cancel redundant pipelines"
            hint="A new commit cancels the pipelines of earlier commits of its branch that can be interrupted."
            checked={autoCancelPending}
            onChange={setAutoCancel}
          />
          <Toggle label="Instance runners" checked={instanceRunnersEnabled} onChange={setInstanceRunners} />
          <Toggle
            label="Group runners"
            hint={
              project.groupPath
                ? `Runners of ${project.groupPath} and its parent groups.`
                : 'The project is not in a group.'
            }
            checked={groupRunnersEnabled}
            onChange={setGroupRunners}
          />
          <Toggle
            label="Public badges"
            hint="Its badges are shown without a sign-in."
            checked={publicBadges}
            onChange={setPublicBadges}
          />
          <AllowList project={project} allowed={allowed} onChange={setAllowed} />
        </div>
      </Panel>
      <Actions>
        <Button kind="primary" submit busy={isSaving}>
          Save changes
        </Button>
      </Actions>
    </Form>
  )
}

const atMost = (hint: string, days: number | null | undefined): string =>
  days == null ? hint : `${hint} At most ${daysInWords(days)}, as the installation says.`

/** Other projects whose running jobs may download this one's artifacts. */
function AllowList({
  project,
  allowed,
  onChange,
}: {
  project: Project
  allowed: readonly number[]
  onChange: (allowed: readonly number[]) => void
}) {
  const paths = useProjectPaths(allowed)
  const pathOf = (id: number) => paths.get(id) ?? `Project ${id}`
  return (
    <Field
      label="Projects that may download its artifacts"
      name="jobTokenAllowlist"
      hint="Running jobs of these projects may, with their job tokens. The project’s own jobs always may."
    >
      {(described) => (
        <div className="grid gap-1">
          {allowed.map((id) => (
            <div key={id} className="flex items-center justify-between gap-2 text-sm">
              <span className="truncate">{pathOf(id)}</span>
              <Button
                kind="quiet"
                iconOnly
                aria-label={`No longer allow ${pathOf(id)}`}
                onClick={() => onChange(allowed.filter((each) => each !== id))}
              >
                <CloseIcon />
              </Button>
            </div>
          ))}
          <ProjectPicker
            {...described}
            none="Allow a project"
            except={[project.id, ...allowed]}
            value={null}
            onChoose={(id) => id !== null && onChange([...allowed, id])}
          />
        </div>
      )}
    </Field>
  )
}
