import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { apiAddress } from '../api.ts'
import { useKeys } from '../keyboard.ts'

const SPEEDS = [1, 2, 4, 8]
/** Longer pauses are shortened to this many seconds. */
const IDLE_S = 2

/** The terminal as the attacker saw it. A session that has no recording is played from its turns. */
export function Replay({ id, recordings }: { id: string; recordings: number }): JSX.Element {
  const box = useRef<HTMLDivElement>(null)
  const player = useRef<{ play(): unknown; pause(): unknown; dispose(): void } | undefined>(undefined)
  const [recording, setRecording] = useState(0)
  const [speed, setSpeed] = useState(2)
  const [isPlaying, setPlaying] = useState(true)
  useEffect(() => {
    let isOver = false
    const open = async (): Promise<void> => {
      const [{ create }] = await Promise.all([import('asciinema-player'), import('asciinema-player/dist/bundle/asciinema-player.css')])
      if (isOver || !box.current) return
      player.current = create(apiAddress(`/sessions/${id}/cast`, { recording }), box.current, {
        autoPlay: true,
        idleTimeLimit: IDLE_S,
        speed,
        fit: 'width',
        theme: 'sundew',
        terminalFontFamily: 'var(--mono)',
        controls: true,
        markers: undefined,
      })
    }
    setPlaying(true)
    void open()
    return () => {
      isOver = true
      player.current?.dispose()
      player.current = undefined
    }
  }, [id, recording, speed])
  useKeys([
    {
      key: ' ',
      what: 'play or pause',
      run: () => {
        if (isPlaying) player.current?.pause()
        else player.current?.play()
        setPlaying(!isPlaying)
      },
    },
  ])
  return (
    <div class="replay">
      <div class="replay-bar">
        {Array.from({ length: recordings }, (_, n) => (
          <button key={n} type="button" aria-pressed={recording === n} onClick={() => setRecording(n)}>
            terminal {n + 1}
          </button>
        ))}
        {recordings === 0 && <span class="dim">played from its turns: this lure records no terminal</span>}
        <span class="spacer" />
        {SPEEDS.map((times) => (
          <button key={times} type="button" aria-pressed={speed === times} onClick={() => setSpeed(times)}>
            {times}×
          </button>
        ))}
      </div>
      <div ref={box} class="terminal" />
    </div>
  )
}
