/** The persona's sign: its initial, or a neutral one. */
import { Icon } from './icon.tsx';

export function Mark({ name, large = false }: { name: string | undefined; large?: boolean }) {
  const [initial] = name?.trim() ?? '';
  return (
    <span class={large ? 'mark mark-large' : 'mark'} aria-hidden="true">
      {initial?.toLocaleUpperCase() ?? <Icon name="talk" />}
    </span>
  );
}
