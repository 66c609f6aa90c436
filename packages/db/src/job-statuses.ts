import {
  type After,
  EXECUTING,
  FINISHED,
  type JobStatus,
  MOVES,
  type MoveName,
  RETRYABLE,
  WAITING,
} from '@yardmaster/domain/jobs'

/** A status as SQL has it. */
const quoted = (status: JobStatus): string => `'${status}'`
const oneOf = (statuses: readonly (JobStatus | null)[]): string =>
  `(${statuses.flatMap((status) => (status === null ? [] : [quoted(status)])).join(', ')})`

/** For `status in …`: what the groups of the domain hold. */
export const IS = {
  waiting: oneOf(WAITING),
  waitingOrSkipped: oneOf([...WAITING, 'skipped']),
  executing: oneOf(EXECUTING),
  retryable: oneOf(RETRYABLE),
  finished: oneOf(FINISHED),
}

/** For `status in …` of a statement that makes this move: the statuses that it may start from. */
export const statusesBefore = (move: MoveName): string => oneOf(MOVES[move].from)

/** For `set status = …`: where this move leads. */
export const statusAfter = <Move extends MoveName>(_move: Move, status: After<Move>): string => quoted(status)
