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

/** Quotes a status for SQL. */
const quoted = (status: JobStatus): string => `'${status}'`
const oneOf = (statuses: readonly (JobStatus | null)[]): string =>
  `(${statuses.flatMap((status) => (status === null ? [] : [quoted(status)])).join(', ')})`

/** Groups of statuses of the domain, for `status in …`. */
export const IS = {
  waiting: oneOf(WAITING),
  waitingOrSkipped: oneOf([...WAITING, 'skipped']),
  executing: oneOf(EXECUTING),
  retryable: oneOf(RETRYABLE),
  finished: oneOf(FINISHED),
  begun: oneOf([...EXECUTING, ...RETRYABLE]),
  /** Of jobs that wait for others, or were skipped because of them. */
  createdOrSkipped: oneOf(['created', 'skipped']),
  /** Of jobs that wait for a resource, or may do so later, as the index has them. */
  upcoming: oneOf(['created', 'scheduled', 'waiting_for_resource']),
  underWay: oneOf(['waiting_for_resource', 'preparing', 'pending', ...EXECUTING]),
  unsuccessful: oneOf(['failed', 'canceled']),
  /** Of trigger jobs that are to be started or to follow their child, as the index has them. */
  openTrigger: oneOf(['pending', 'running', 'manual']),
}

/** Returns the statuses from which a move may start, for `status in …` of a statement that makes it. */
export const statusesBefore = (move: MoveName): string => oneOf(MOVES[move].from)

/** Returns the status to which a move leads, for `set status = …`. */
export const statusAfter = <Move extends MoveName>(_move: Move, status: After<Move>): string => quoted(status)
