import { BranchIcon, TagIcon } from './icons.tsx'

/** A branch or a tag, told apart by its icon. */
export function RefName({ of: { ref, tag } }: { of: { readonly ref: string; readonly tag: boolean } }) {
  const Icon = tag ? TagIcon : BranchIcon
  return (
    <span className="inline-flex max-w-full min-w-0 items-center gap-1 align-middle font-mono text-xs" title={ref}>
      <Icon className="size-3.5 text-soft" />
      <span className="truncate">{ref}</span>
    </span>
  )
}
