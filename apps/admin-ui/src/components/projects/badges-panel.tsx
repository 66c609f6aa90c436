import type { Project } from '../../lib/api.ts'
import { gatewayPath } from '../../lib/base.ts'
import { Panel } from '../ui/page.tsx'
import { Takeaway } from '../ui/secret.tsx'

const BADGES = [
  { kind: 'pipeline', name: 'Pipeline', query: '' },
  { kind: 'coverage', name: 'Coverage', query: '?kind=coverage' },
] as const

/** Images of the state of the default branch, with the text that shows them on pages written in Markdown. */
export function BadgesPanel({ project }: { project: Project }) {
  return (
    <Panel title="Badges">
      <div className="grid gap-3">
        {BADGES.map(({ kind, name, query }) => {
          const path = gatewayPath(`/badge/${project.path}.svg`) + query
          const alt = `${name} of ${project.defaultBranch}`
          return (
            <div key={kind} className="grid gap-1.5">
              <img src={path} alt={alt} height={20} className="h-5" />
              <Takeaway text={`![${name}](${window.location.origin}${path})`} label={`Copy the ${kind} badge`} />
            </div>
          )
        })}
        <p className="text-xs text-soft">
          They show <span className="font-mono">{project.defaultBranch}</span>, or another branch or tag with{' '}
          <span className="font-mono">ref=</span>.{' '}
          {project.publicBadges
            ? 'They need no sign-in.'
            : 'Only people who are signed in see them, unless the project has public badges.'}
        </p>
      </div>
    </Panel>
  )
}
