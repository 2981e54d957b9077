import { TriangleAlert } from 'lucide-react'
import { Component, type ReactNode } from 'react'
import { Button } from '../../components/button.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { text } from '../../lib/text.ts'

/** A mistake in one screen leaves a sentence and a way on, not a white window. React wants a class for this. */
export class CrashBoundary extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false }

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true }
  }

  override render(): ReactNode {
    if (!this.state.broken) return this.props.children
    return (
      <main className="grid h-full place-items-center overflow-auto">
        <EmptyState
          icon={<TriangleAlert />}
          title={text.shell.crashTitle}
          actions={
            <Button look="primary" onClick={() => window.location.reload()}>
              {text.shell.crashAction}
            </Button>
          }
        >
          {text.shell.crashLead}
        </EmptyState>
      </main>
    )
  }
}
