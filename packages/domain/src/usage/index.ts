/** Counts run time and stored bytes. */
export {
  daysOf,
  type JobTimes,
  MONTH,
  type Month,
  monthOf,
  type Percentiles,
  parseMonth,
  type RunTime,
} from './usage.ts'
