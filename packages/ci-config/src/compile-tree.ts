import type { Configuration } from './configuration.ts'
import { checkConfiguration, isGlobalKey, jobsIn, TOP_LEVEL_DEFAULTS } from './entries/configuration.ts'
import { member } from './entries/own-faults.ts'
import { kindOfJob } from './entries/processable.ts'
import { rulesOf } from './entries/rules.ts'
import { stageNames } from './entries/stages.ts'
import { variablesOf } from './entries/variables.ts'
import { ConfigError } from './fault.ts'
import { crossCheck } from './jobs/cross-check.ts'
import { expandParallel } from './jobs/expand-parallel.ts'
import { readJob } from './jobs/read-job.ts'
import { withEdgeStages } from './merge/edge-stages.ts'
import { resolveExtends } from './merge/extends.ts'
import { resolveReferences } from './merge/references.ts'
import { refusedHere } from './not-here.ts'
import { Dict, type Json, toJson } from './yaml/tree.ts'

/**
 * Compiles a configuration that is whole: what it includes is merged into it already.
 *
 * @throws ConfigError with what the phase found that failed.
 */
export function compileTree(tree: Dict): Configuration {
  const root = withEdgeStages(resolveReferences(resolveExtends(tree, isGlobalKey)))
  const faults = checkConfiguration(root)
  if (faults.length > 0) throw new ConfigError(...faults)
  const configuration = read(root)
  crossCheck(configuration.jobs, configuration.stages)
  const refused = refusedHere(configuration)
  if (refused.length > 0) throw new ConfigError(...refused)
  return configuration
}

function read(root: Dict): Configuration {
  const workflow = root.get('workflow') ?? null
  const rules = member(workflow, 'rules')
  const surroundings = {
    defaults: defaultsOf(root),
    hasWorkflowRules: workflow instanceof Dict && workflow.has('rules'),
  }
  const jobs = jobsIn(root).flatMap(([name, job]) =>
    job instanceof Dict && ['job', 'trigger'].includes(kindOfJob(name, job) ?? '')
      ? [readJob(String(name), job, surroundings, root.placeOf(name))]
      : [],
  )
  const name = member(workflow, 'name')
  const autoCancel = member(workflow, 'auto_cancel')
  return {
    stages: stageNames(member(root, 'stages')),
    variables: variablesOf(member(root, 'variables')),
    workflow: {
      name: name === undefined ? null : String(name).trim(),
      rules: rules === undefined ? null : rulesOf(rules),
      autoCancel: autoCancel === undefined ? null : (toJson(autoCancel) as Record<string, Json>),
    },
    jobs: expandParallel(jobs),
    merged: withoutExtends(root),
  }
}

/** Returns the tree without `extends`, which has been followed: a second time it would put in what it must not. */
function withoutExtends(root: Dict): Dict {
  const merged = new Dict()
  for (const [key, value, place] of root.entries()) {
    if (value instanceof Dict && !isGlobalKey(key)) {
      const entry = value.copy()
      entry.delete('extends')
      merged.set(key, entry, place)
    } else merged.set(key, value, place)
  }
  return merged
}

/** Returns what jobs inherit: what `default` says, and the same keywords at the top level. */
function defaultsOf(root: Dict): Dict {
  const given = member(root, 'default')
  const defaults = given instanceof Dict ? given.copy() : new Dict()
  for (const keyword of TOP_LEVEL_DEFAULTS) {
    const value = member(root, keyword)
    const place = root.placeOf(keyword)
    if (value !== undefined && place && member(defaults, keyword) === undefined) defaults.set(keyword, value, place)
  }
  return defaults
}
