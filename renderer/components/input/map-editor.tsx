import { Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { text } from '../../lib/text.ts'
import { Button, IconButton } from './button.tsx'
import { TextInput } from './inputs.tsx'

type Line = { key: number; name: string; value: string }
type MapEditorProps = {
  label: string
  value: Readonly<Record<string, string>>
  error?: string | undefined
  onChange: (value: Record<string, string>) => void
}

const words = text.providers.advanced

/**
 * Names with values, one per line. An incomplete line stays while it is typed and is included once it has a
 * name.
 */
export function MapEditor({ label, value, error, onChange }: MapEditorProps) {
  const [lines, setLines] = useState<Line[]>(() =>
    Object.entries(value).map(([name, content], key) => ({ key, name, value: content })),
  )
  const change = (next: Line[]): void => {
    setLines(next)
    onChange(
      Object.fromEntries(next.filter(({ name }) => name !== '').map((line) => [line.name, line.value])),
    )
  }
  const set = (key: number, part: Partial<Line>): void =>
    change(lines.map((line) => (line.key === key ? { ...line, ...part } : line)))
  const add = (): void =>
    setLines([...lines, { key: Math.max(-1, ...lines.map((line) => line.key)) + 1, name: '', value: '' }])

  return (
    <fieldset className="min-w-0">
      <legend className="mb-1.5 text-sm font-medium">{label}</legend>
      <div className="flex flex-col gap-1.5">
        {lines.map((line) => (
          <MapLine
            key={line.key}
            line={line}
            label={label}
            onChange={(part) => set(line.key, part)}
            onRemove={() => change(lines.filter((other) => other.key !== line.key))}
          />
        ))}
        <div>
          <Button
            size="sm"
            look="ghost"
            icon={<Plus />}
            aria-label={`${words.mapAdd}: ${label}`}
            onClick={add}
          >
            {words.mapAdd}
          </Button>
        </div>
      </div>
      {error !== undefined && (
        <p role="alert" className="text-bad mt-1 text-xs">
          {error}
        </p>
      )}
    </fieldset>
  )
}

type MapLineProps = {
  line: Line
  label: string
  onChange: (part: Partial<Line>) => void
  onRemove: () => void
}

function MapLine({ line, label, onChange, onRemove }: MapLineProps) {
  return (
    <div className="flex items-center gap-1.5">
      <TextInput
        mono
        aria-label={`${label}: ${words.mapName}`}
        placeholder={words.mapName}
        value={line.name}
        onChange={(event) => onChange({ name: event.target.value.trim() })}
      />
      <TextInput
        mono
        aria-label={`${label}: ${words.mapValue} ${line.name}`}
        placeholder={words.mapValue}
        value={line.value}
        onChange={(event) => onChange({ value: event.target.value })}
      />
      <IconButton
        label={words.mapRemove(line.name)}
        icon={<Trash2 aria-hidden="true" />}
        onClick={onRemove}
      />
    </div>
  )
}
