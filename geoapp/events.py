"""Named signals: a lower part announces what happened without importing those who listen.

Senders pass ids, never rows. Receivers run inside the sender's transaction unless they only enqueue a job.
"""

from __future__ import annotations

from blinker import Namespace

_signals = Namespace()

#: A layer's stored features changed (imported, undone, renamed): ``layer_id``, ``connection``.
layer_changed = _signals.signal("layer-changed")
#: Boundaries were adopted: ``operation_id``, ``on`` (date), ``connection``.
places_changed = _signals.signal("places-changed")
#: A line was added to a report's timeline: ``report_id``, ``kind`` (of event), ``event_id``, ``connection``.
report_changed = _signals.signal("report-changed")
