import type { RepositoryState } from '@yardmaster/domain/ports'
import { z } from 'zod'
import { withoutSecrets } from './address.ts'
import { Count, TextOrNull, TimeOrNull } from './values.ts'

export const RepositoryShape = z
  .strictObject({
    address: TextOrNull.describe('Without secrets; null for a repository of the project’s own.'),
    state: z
      .enum(['missing', 'waiting', 'fetching', 'ready', 'failed'])
      .describe(
        '`missing`: the project has none. `waiting`: this process has not read it yet. `failed`: the last attempt failed.',
      ),
    size: Count.describe('Bytes that its copy has on the disk of this process.'),
    fetchedAt: TimeOrNull.describe('When its newest state was last read.'),
    message: TextOrNull.describe('Why it failed.'),
  })
  .meta({ id: 'Repository' })

export const showRepository = (state: RepositoryState): z.input<typeof RepositoryShape> => ({
  address: state.address !== null && /^https?:/i.test(state.address) ? withoutSecrets(state.address) : state.address,
  state: state.state,
  size: state.size,
  fetchedAt: state.fetchedAt,
  message: state.message,
})
