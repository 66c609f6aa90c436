import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { trpc } from '../../lib/api.ts'
import { useSave } from '../../lib/use-save.ts'
import { wordsOf } from '../../lib/words.ts'
import { ProjectPicker } from '../projects/project-picker.tsx'
import { Field, Toggle } from '../ui/field.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { LinesField, TextField } from '../ui/text-field.tsx'
import { toast } from '../ui/toast.tsx'
import { type EditedVariable, VariablesInput } from '../ui/variables-input.tsx'

const FIELDS = ['projectId', 'name', 'ref', 'variables', 'definition.tags', 'definition.script', 'definition.image']

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '')

/** Creates a job: the common keywords have fields, all others are entered as JSON. */
export function NewJob({ projectId, onClose }: { projectId?: number; onClose: () => void }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [chosen, setChosen] = useState(projectId)
  const [name, setName] = useState('')
  const [ref, setRef] = useState('')
  const [isTag, setIsTag] = useState(false)
  const [tags, setTags] = useState('')
  const [script, setScript] = useState('')
  const [image, setImage] = useState('')
  const [keywords, setKeywords] = useState('')
  const [variables, setVariables] = useState<readonly EditedVariable[]>([])
  const { complaints, complain, save, isSaving } = useSave(
    trpc.jobs.create.mutationOptions(),
    FIELDS,
    async ({ id }) => {
      toast.done(`Job ${id} created`)
      void queries.invalidateQueries(trpc.jobs.pathFilter())
      await navigate({ to: '/jobs/$jobId', params: { jobId: id } })
    },
  )

  function submit() {
    const more = parsed(keywords)
    if (more === null) return complain('keywords', 'Enter a JSON object, such as {"timeout": "10m"}.')
    save({
      ...(chosen !== undefined && { projectId: chosen }),
      name: name.trim(),
      ...(ref.trim() && { ref: ref.trim(), tag: isTag }),
      definition: {
        script: linesOf(script),
        ...(image.trim() && { image: image.trim() }),
        ...(tags.trim() && { tags: wordsOf(tags) }),
        ...more,
      },
      ...(variables.length > 0 && {
        variables: variables.map(({ key, value, masked, file, raw }) => ({
          key: key.trim(),
          value: value ?? '',
          masked,
          file,
          raw,
        })),
      }),
    })
  }

  return (
    <FormDialog
      title="New job"
      submit="Create job"
      wide
      complaints={complaints}
      busy={isSaving}
      onClose={onClose}
      onSubmit={submit}
    >
      <div className="grid gap-4 md:grid-cols-2">
        <TextField label="Name" name="name" value={name} placeholder="build" onChange={setName} />
        <Field label="Project" name="projectId">
          {(described) => (
            <ProjectPicker
              {...described}
              none="default"
              value={chosen ?? null}
              onChoose={(id) => setChosen(id ?? undefined)}
            />
          )}
        </Field>
      </div>
      <LinesField
        label="Script"
        name="definition.script"
        hint="One command per line."
        rows={5}
        value={script}
        placeholder={'echo "hello"\nmake test'}
        onChange={setScript}
      />
      <div className="grid gap-4 md:grid-cols-2">
        <TextField
          label="Tags"
          name="definition.tags"
          hint="Only runners with all of these tags take the job."
          value={tags}
          placeholder="linux, docker"
          onChange={setTags}
        />
        <TextField
          label="Image"
          name="definition.image"
          hint="For runners that use containers."
          className="font-mono"
          value={image}
          placeholder="alpine:latest"
          onChange={setImage}
        />
        <TextField
          label="Ref"
          name="ref"
          hint="Leave empty for the project’s default branch."
          className="font-mono"
          value={ref}
          placeholder="main"
          onChange={setRef}
        />
        <div className="self-center">
          <Toggle label="The ref is a tag" checked={isTag} disabled={ref.trim() === ''} onChange={setIsTag} />
        </div>
      </div>
      <VariablesInput variables={variables} onChange={setVariables} flags={['masked', 'file', 'raw']} />
      <details open={complaints.fields.keywords !== undefined || undefined}>
        <summary className="mb-2 text-sm font-medium">More keywords</summary>
        <LinesField
          label="Keywords as JSON"
          name="keywords"
          hint="Job keywords of .gitlab-ci.yml: artifacts, cache, services, timeout, retry, when and so on."
          rows={4}
          value={keywords}
          placeholder={'{ "timeout": "10m", "artifacts": { "paths": ["dist/"] } }'}
          onChange={setKeywords}
        />
      </details>
    </FormDialog>
  )
}

/** Returns the further keywords, or null when the text is not a JSON object. */
function parsed(text: string): Record<string, unknown> | null {
  if (text.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
  } catch {
    return null
  }
}
