import { SOURCE_OPTIONS } from '../../lib/lint.ts'
import { ProjectPicker } from '../projects/project-picker.tsx'
import { Field, Input, Select, Toggle } from '../ui/field.tsx'
import { LinesField, TextField } from '../ui/text-field.tsx'
import { type EditedVariable, VariablesInput } from '../ui/variables-input.tsx'

/** What a pipeline would be for. */
export interface Chosen {
  readonly project: number | undefined
  readonly ref: string | undefined
  readonly tag: boolean | undefined
  readonly source: string | undefined
  /** The target branch of a merge request. */
  readonly target: string | undefined
}

/** The choices that decide which jobs a pipeline has. */
export function Choices({
  chosen,
  onChoose,
  changed,
  onChanged,
  variables,
  onVariables,
}: {
  chosen: Chosen
  onChoose: (changes: Partial<Chosen>) => void
  changed: string | null
  onChanged: (changed: string | null) => void
  variables: readonly EditedVariable[]
  onVariables: (variables: readonly EditedVariable[]) => void
}) {
  const isMerge = chosen.source === 'merge_request_event'
  return (
    <div className="grid gap-4">
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Project" name="projectId">
          {(described) => (
            <ProjectPicker
              {...described}
              none="default"
              value={chosen.project ?? null}
              onChoose={(id) => onChoose({ project: id ?? undefined })}
            />
          )}
        </Field>
        <Field label="Source" name="source">
          {(described) => (
            <Select
              {...described}
              value={chosen.source ?? 'push'}
              onChange={({ target }) =>
                onChoose({
                  source: target.value === 'push' ? undefined : target.value,
                  ...(target.value === 'merge_request_event' ? { tag: undefined } : { target: undefined }),
                })
              }
            >
              {SOURCE_OPTIONS.map(([value, words]) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label={isMerge ? 'Source branch' : chosen.tag ? 'Tag' : 'Branch'} name="ref">
          {(described) => (
            <Input
              {...described}
              className="font-mono"
              placeholder={isMerge ? 'feature' : 'the default branch'}
              value={chosen.ref ?? ''}
              onChange={({ target }) => onChoose({ ref: target.value || undefined })}
            />
          )}
        </Field>
        {isMerge ? (
          <TextField
            label="Target branch"
            name="target"
            className="font-mono"
            placeholder="main"
            value={chosen.target ?? ''}
            onChange={(value) => onChoose({ target: value || undefined })}
          />
        ) : (
          <div className="self-end pb-1.5">
            <Toggle
              label="The ref is a tag"
              checked={chosen.tag ?? false}
              onChange={(isTag) => onChoose({ tag: isTag || undefined })}
            />
          </div>
        )}
      </div>
      <div className="grid gap-2">
        <Toggle
          label="Changed paths are known"
          hint="Otherwise every change is possible, and each “changes” holds."
          checked={changed !== null}
          onChange={(isKnown) => onChanged(isKnown ? '' : null)}
        />
        {changed !== null && (
          <LinesField
            label="Changed paths"
            name="changedPaths"
            hint="One path per line."
            rows={3}
            value={changed}
            placeholder={'src/main.ts\nREADME.md'}
            onChange={onChanged}
          />
        )}
      </div>
      <VariablesInput variables={variables} onChange={onVariables} flags={[]} />
    </div>
  )
}
