import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { trpc } from '../../lib/api.ts'
import { runnerName } from '../../lib/lists.ts'
import { type PickedProps, Picker } from '../ui/picker.tsx'

const MOST = 20

/** Picks a runner, found by a part of its description, its projects' paths or its tags. */
export function RunnerPicker({ value, none, ...rest }: PickedProps) {
  const [text, setText] = useState('')
  const { data: found } = useQuery(
    trpc.runners.list.queryOptions(
      { limit: MOST, ...(text && { search: text }) },
      { staleTime: 30_000, placeholderData: keepPreviousData },
    ),
  )
  const { data: chosen } = useQuery(
    trpc.runners.get.queryOptions({ id: value ?? 0 }, { enabled: value !== null, staleTime: 30_000 }),
  )
  return (
    <Picker
      {...rest}
      none={text ? null : none}
      placeholder={none}
      chosen={value === null ? null : { id: value, name: chosen?.id === value ? runnerName(chosen) : `#${value}` }}
      choices={(found?.items ?? []).map((runner) => ({ id: runner.id, name: runnerName(runner) }))}
      onType={setText}
    />
  )
}
