import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { trpc } from '../api.ts'
import { type Complaints, complaintsOf, NO_COMPLAINTS } from '../lib/refusal.ts'
import { Button } from './button.tsx'
import { Actions, Dialog } from './dialog.tsx'
import { Field, Form, Input, Textarea, Toggle, wordsOf } from './field.tsx'
import { ProjectPicker } from './project-picker.tsx'
import { toast } from './toast.tsx'
import { type EditedVariable, VariablesInput } from './variables-input.tsx'

const FIELDS = ['projectId', 'name', 'ref', 'tags', 'script', 'image', 'variables', 'keywords']

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '')

/** A job by form: the common keywords have fields, all others can be given as JSON. */
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
  const [complaints, setComplaints] = useState<Complaints>(NO_COMPLAINTS)

  const create = useMutation(
    trpc.jobs.create.mutationOptions({
      async onSuccess({ id }) {
        toast.done(`Job ${id} is created`)
        void queries.invalidateQueries(trpc.jobs.pathFilter())
        await navigate({ to: '/jobs/$jobId', params: { jobId: id } })
      },
      onError(error) {
        const found = complaintsOf(error, FIELDS)
        setComplaints(found)
      },
    }),
  )

  function submit() {
    setComplaints(NO_COMPLAINTS)
    const more = parsed(keywords)
    if (more === null) {
      return setComplaints({ fields: { keywords: 'This is not a JSON object, like {"timeout": "10m"}.' }, rest: null })
    }
    create.mutate({
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
        variables: variables.map(({ key, value, masked, file }) => ({
          key: key.trim(),
          value: value ?? '',
          masked,
          file,
        })),
      }),
    })
  }

  return (
    <Dialog title="New job" wide onClose={onClose}>
      <Form label="New job" complaints={complaints} onSubmit={submit}>
        <div className="grid gap-4 md:grid-cols-2">
          <Field label="Name" name="name">
            {(described) => (
              <Input {...described} value={name} placeholder="build" onChange={({ target }) => setName(target.value)} />
            )}
          </Field>
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
        <Field label="Script" name="script" hint="One command per line.">
          {(described) => (
            <Textarea
              {...described}
              rows={5}
              value={script}
              placeholder={'echo "hello"\nmake test'}
              onChange={({ target }) => setScript(target.value)}
            />
          )}
        </Field>
        <div className="grid gap-4 md:grid-cols-2">
          <Field label="Tags" name="tags" hint="Only runners with all of these take it.">
            {(described) => (
              <Input
                {...described}
                value={tags}
                placeholder="linux, docker"
                onChange={({ target }) => setTags(target.value)}
              />
            )}
          </Field>
          <Field label="Image" name="image" hint="For runners that use containers.">
            {(described) => (
              <Input
                {...described}
                className="font-mono"
                value={image}
                placeholder="alpine:latest"
                onChange={({ target }) => setImage(target.value)}
              />
            )}
          </Field>
          <Field label="Ref" name="ref" hint="Empty: the project’s default branch.">
            {(described) => (
              <Input
                {...described}
                className="font-mono"
                value={ref}
                placeholder="main"
                onChange={({ target }) => setRef(target.value)}
              />
            )}
          </Field>
          <div className="self-center">
            <Toggle label="The ref is a tag" checked={isTag} disabled={ref.trim() === ''} onChange={setIsTag} />
          </div>
        </div>
        <VariablesInput variables={variables} onChange={setVariables} flags={['masked', 'file']} />
        <details open={complaints.fields.keywords !== undefined || undefined}>
          <summary className="mb-2 text-sm font-medium">More keywords</summary>
          <Field
            label="Keywords as JSON"
            name="keywords"
            hint="Those of a job in .gitlab-ci.yml: artifacts, cache, services, timeout, retry, when and so on."
          >
            {(described) => (
              <Textarea
                {...described}
                rows={4}
                value={keywords}
                placeholder={'{ "timeout": "10m", "artifacts": { "paths": ["dist/"] } }'}
                onChange={({ target }) => setKeywords(target.value)}
              />
            )}
          </Field>
        </details>
        <Actions>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" submit busy={create.isPending}>
            Create job
          </Button>
        </Actions>
      </Form>
    </Dialog>
  )
}

/** The further keywords; null when the text is no JSON object. */
function parsed(text: string): Record<string, unknown> | null {
  if (text.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
  } catch {
    return null
  }
}
