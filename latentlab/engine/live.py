"""The live lane: a thread that decodes what the hand asks for, the newest first."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from latentlab.engine.classes import every_class, told
from latentlab.engine.decoders import Decoder, Walker
from latentlab.engine.faults import failed
from latentlab.engine.mailbox import Mailbox
from latentlab.engine.messages import (
    ClassesDecoded,
    Decode,
    DecodeClasses,
    Decoded,
    DecodeFrames,
    DecodeLattice,
    DecodeRows,
    DecodeSource,
    DecodeStrip,
    DecodeTiles,
    Event,
    FindNear,
    LatticeDecoded,
    LiveRequest,
    NearFound,
    Peek,
    Peeked,
    StripDecoded,
)
from latentlab.engine.nearest import Nearest
from latentlab.engine.pace import Pace
from latentlab.engine.series import FINISH_S, Series
from latentlab.engine.tiling import Wanted
from latentlab.engine.values import Lattice, Picture

LISTS = (DecodeFrames, DecodeTiles, DecodeRows)  # of many pictures, the most urgent first
PROGRESS_S = 0.1  # between two looks at a lattice under way
HAND_S = 0.1  # after a decode, so long the hand is taken to move
BESIDE_HAND = 0.5  # of a batch, while it does
TURN_S = 0.02  # that the lane waits for the hand's next move before another batch


class LiveLane:
    """One place for each kind of request; `Decode` goes before all others, also between batches.

    Decoder and codes are replaced by reference from the work lane; nothing is locked while
    pictures are computed.

    Args:
        post: Where answers go; called in this lane's thread.
    """

    def __init__(self, post: Callable[[Event], None]) -> None:
        self._post = post
        self._box = Mailbox()
        self._decoder: Decoder | None = None
        self._nearest: Nearest | None = None
        self._pace = Pace()
        self._strip: Series | None = None
        self._lattice: Series | None = None
        self._shown: Lattice | None = None
        self._told_s = 0.0
        self._begun_with: Decoder | None = None  # what is half done
        self._wanted: dict[type[DecodeTiles | DecodeRows], Wanted | None] = {}
        self._decoded_s = self._before_s = 0.0  # the last decode, and the one before
        self._had_turn = False  # whether there was a batch of a list since the last decode
        self._thread = threading.Thread(target=self._run, name="latentlab-live")

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """Ask the thread to end."""
        self._box.close()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread's end; whether it ended."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def show(self, request: LiveRequest) -> None:
        """Take a request, in the place of the one of its kind that waits."""
        self._box.put(request)

    def use(self, decoder: Decoder | None) -> None:
        """Decode with another decoder from now on; requests wait while there is none."""
        self._decoder, self._pace = decoder, Pace()
        self._box.ring()

    def look_among(self, nearest: Nearest | None) -> None:
        """Find the nearest datum among other codes from now on."""
        self._nearest = nearest

    @property
    def decoder(self) -> Decoder | None:
        """What decodes now."""
        return self._decoder

    @property
    def nearest(self) -> Nearest | None:
        """Where the nearest datum is looked for."""
        return self._nearest

    @property
    def hand_moves(self) -> bool:
        """Whether the hand asks for one decode after the other; from any thread."""
        last_s = self._decoded_s
        return last_s - self._before_s < HAND_S and time.perf_counter() - last_s < HAND_S

    @property
    def quiet_s(self) -> float:
        """How long ago the last picture under the hand was decoded."""
        return time.perf_counter() - self._decoded_s

    @property
    def depth(self) -> int:
        """The most requests of one kind that wait: never more than one."""
        return self._box.depth

    # In the lane's thread

    def _run(self) -> None:
        while self._box.wait(for_letters=self._decoder is not None):
            while not self._box.closed and self._step():
                pass

    def _step(self) -> bool:
        """Do the most urgent thing; False when there is nothing to do."""
        decoder = self._decoder
        if decoder is not self._begun_with:  # no picture of one model among those of another
            self._begun_with = decoder
            self._strip = self._lattice = self._shown = None
            self._wanted.clear()
        if decoder is None:
            return False
        if (decode := self._box.take(Decode)) is not None:
            self._try(decode, lambda: self._decode(decode, decoder))
        elif (each := self._box.take(DecodeClasses)) is not None:
            self._try(each, lambda: self._decode_classes(each, decoder))
        elif (near := self._box.take(FindNear)) is not None:
            self._try(near, lambda: self._find_near(near))
        elif peeks := self._box.take_peeks(1):
            self._try(peeks[0], lambda: self._peek(peeks[0], decoder))
        elif (strip := self._next(self._strip, DecodeStrip)) is not None:
            self._strip = strip
            self._strip = self._work_on(strip, decoder, self._tell_strip)
        elif (lattice := self._next(self._lattice, DecodeLattice)) is not None:
            self._lattice = lattice
            self._lattice = self._work_on(lattice, decoder, self._tell_lattice)
        else:
            return self._work_lists(decoder)
        return True

    def _work_lists(self, decoder: Decoder) -> bool:
        """One batch of the most urgent list; while the hand moves, one after each decode.

        The next move then finds the lane free.
        """
        moving = time.perf_counter() - self._decoded_s < HAND_S
        if moving and self._had_turn and any(self._wanted.values()):
            self._had_turn = False
            self._box.pause(TURN_S)
            return True
        self._had_turn = any(self._work_list(kind, decoder) for kind in LISTS)
        return self._had_turn

    def _work_list(self, kind: type[DecodeTiles | DecodeRows], decoder: Decoder) -> bool:
        """One batch of a list of small pictures; False where nothing is wanted."""
        wanted = self._wanted.get(kind)
        newer: DecodeTiles | DecodeRows | None = self._box.take(kind)  # type: ignore[type-var]
        if newer is not None:
            self._tell_list(wanted, now=True)  # what is there already is not thrown away
            wanted = Wanted(newer)
        self._wanted[kind] = None
        if wanted is None or not wanted.left or wanted.latent_dim != decoder.latent_dim:
            return newer is not None
        moving = time.perf_counter() - self._decoded_s < HAND_S
        share = BESIDE_HAND if moving else 1.0
        if self._try(wanted.request, lambda: wanted.advance(decoder, self._pace, share)):
            self._tell_list(wanted)
            self._wanted[kind] = wanted if wanted.left else None
        return True

    def _tell_list(self, wanted: Wanted | None, *, now: bool = False) -> None:
        answer = None if wanted is None else wanted.answer(now=now)
        if answer is not None:
            self._post(answer)

    def _next(
        self, current: Series | None, kind: type[DecodeStrip] | type[DecodeLattice]
    ) -> Series | None:
        # A strip that follows the pointer is asked for faster than it is decoded: what is nearly
        # done is finished first, or nothing would ever be shown.
        if current is not None and self._pace.estimate_s(current.left) <= FINISH_S:
            return current
        request: DecodeStrip | DecodeLattice | None = self._box.take(kind)  # type: ignore[type-var]
        if request is None:
            return current
        if isinstance(request, DecodeStrip):
            return Series(request)
        shown = self._shown
        same = shown is not None and shown.rect == request.rect
        same = same and shown.images.shape[:2] == request.z.shape[:2]  # type: ignore[union-attr]
        return Series(request, shown.images if same and shown is not None else None)

    def _work_on(
        self, series: Series, decoder: Decoder, tell: Callable[[Series, Decoder], None]
    ) -> Series | None:
        request = series.request
        if request.z.shape[-1] != decoder.latent_dim or not len(series):
            return None  # it was asked of another model

        def work() -> None:
            series.advance(decoder, self._pace)
            tell(series, decoder)

        alive = self._try(request, work)
        return series if alive and series.left else None

    def _try(self, request: LiveRequest, work: Callable[[], None]) -> bool:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - whatever it was, the lane lives on
            self._post(failed(request, error))
            return False
        return True

    def _decode(self, request: Decode, decoder: Decoder) -> None:
        if len(request.z) != decoder.latent_dim:
            return  # it was asked of another model
        started_s = time.perf_counter()
        image, source = _at(request, decoder)
        self._before_s, self._decoded_s = self._decoded_s, time.perf_counter()
        self._had_turn = False
        decode_ms = (self._decoded_s - started_s) * 1e3
        row, distance, far = -1, float("inf"), False
        nearest = self._nearest
        if nearest is not None and nearest.latent_dim == len(request.z):
            row, distance, far = nearest.find(request.z)
        self._post(
            Decoded(
                request.ticket,
                request.z,
                image,
                row,
                distance,
                far,
                source,
                request.asked_s,
                decode_ms,
            )
        )

    def _decode_classes(self, request: DecodeClasses, decoder: Decoder) -> None:
        if len(request.z) != decoder.latent_dim:
            return  # it was asked of another model
        images = every_class(decoder, request.z)
        if images is not None:
            self._post(ClassesDecoded(request.ticket, request.z, images, request.asked_s))

    def _find_near(self, request: FindNear) -> None:
        nearest = self._nearest
        if nearest is not None and nearest.latent_dim == len(request.z):
            rows, distances = nearest.find_some(request.z, request.k, request.sieve)
            self._post(NearFound(request.ticket, request.z, rows, distances))

    def _peek(self, request: Peek, decoder: Decoder) -> None:
        if len(request.z) == decoder.latent_dim:
            image = told(decoder, request.label).decode(request.z[None])[0]
            self._post(Peeked(request.ticket, request.row, image))

    def _tell_strip(self, series: Series, decoder: Decoder) -> None:
        request = series.request
        if not series.left and isinstance(request, DecodeStrip):
            images = series.images()
            source = series.source(decoder)
            self._post(StripDecoded(request.ticket, request.z, images, source, request.asked_s))

    def _tell_lattice(self, series: Series, _decoder: Decoder) -> None:
        request, now_s = series.request, time.perf_counter()
        if series.batches == 1:
            self._told_s = now_s  # it has just begun
        done = not series.left
        if not isinstance(request, DecodeLattice) or not (
            done or now_s - self._told_s >= PROGRESS_S
        ):
            return
        self._told_s = now_s
        images = series.images() if done else series.images().copy()
        self._shown = Lattice(request.rect, images)
        self._post(LatticeDecoded(request.ticket, self._shown, done))


def _at(request: Decode, decoder: Decoder) -> tuple[Picture, DecodeSource]:
    """The picture of one z, and what it is one of."""
    if request.path is not None and isinstance(decoder, Walker):
        grids = decoder.walk(request.path)[request.frame]
        return decoder.decode_tokens(grids[None])[0], "code cross-fade"
    return told(decoder, request.label).decode(request.z[None])[0], decoder.source
