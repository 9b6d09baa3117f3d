"""Which actions can do something now, and why the others can't."""

from __future__ import annotations

from latentlab.latent.cells import GridChart
from latentlab.session.layers import LAYER_KINDS
from latentlab.session.natures import NO_LATENTS, has_latents, why_no_prior
from latentlab.session.session import Session
from latentlab.views.charting import NO_PLANE, why_no_chart
from latentlab.views.travelling import NO_PATH, why_no_path

NO_MODEL = "There is no model yet: train one, or open one."
NO_TRAINING = "No training is under way."
TRAINING = "A training is under way: stop it first."
NO_GAPS = "Gaps are shown of plain autoencoders with two latents."
NO_CLASSES = "This is for models whose decoder knows classes."
NO_POINTS = "The data of this map are not open."
MAP_KEYS = (
    *("points", "thumbnails", "lattice", "fit", "reset"),
    *("copy_z", "copy_image", "datum", "focus_map"),
)


def why_not(session: Session) -> dict[str, str]:
    """For each action whose use depends on what is open: why it can't be used, or nothing.

    Args:
        session: What is open.
    """
    found = _of_training(session) | _of_model(session) | _of_path(session) | _of_points(session)
    found |= {kind: session.layers.why_not(kind) for kind in LAYER_KINDS}
    model = session.model
    if model is not None and not has_latents(model.spec):
        found["gaps"] = NO_LATENTS
        none = ("reconstruct_view", "reconstruct_any", "export_film", *MAP_KEYS)
        found |= dict.fromkeys(none, NO_LATENTS)
    return found


def _of_training(session: Session) -> dict[str, str]:
    training = session.training
    runs = training.status in ("running", "paused")
    return {
        "undo": "" if session.can_undo else "There is nothing to take back.",
        "redo": "" if session.can_redo else "Nothing was taken back.",
        "train": TRAINING if training.active else "",
        "move_run": "" if runs else NO_TRAINING,
        "pause": "" if runs else NO_TRAINING,
        "stop": "" if training.active and training.status != "stopping" else NO_TRAINING,
    }


def _of_model(session: Session) -> dict[str, str]:
    model = session.model
    shown = session.codes is not None and session.rows_are_data
    nearest = session.decoded.nearest_row if session.decoded is not None else -1
    found = {
        "save_model": "" if model is not None else NO_MODEL,
        "sample": "" if model is not None else NO_MODEL,
        "recover_labels": _no_labels(session) or (TRAINING if session.training.active else ""),
        "evaluate": (TRAINING if session.training.active else "") if model else NO_MODEL,
        "copy_z": "" if session.z is not None else "There is no cursor on the map.",
        "copy_image": "" if session.decoded is not None else "Nothing is decoded yet.",
        "reconstruct_view": "" if shown else NO_POINTS,
        "reconstruct_any": "" if shown else NO_POINTS,
        "datum": "" if nearest >= 0 else "There are no data on the map.",
        **dict.fromkeys(("points", "thumbnails", "lattice", "fit", "reset", "focus_map"), ""),
    }
    gaps = session.codes is not None and session.codes.gaps is not None
    found["gaps"] = "" if gaps else NO_GAPS
    classes = dict.fromkeys(("next_class", "previous_class", "nearest_class"), "")
    found |= classes if session.classes else dict.fromkeys(classes, NO_CLASSES)
    found["rings"] = why_no_prior(model) if model is not None else ""
    if session.plane is not None and session.plane.mixes:
        found["rings"] = NO_PLANE
    return found | why_no_chart(session)


def _no_labels(session: Session) -> str:
    dataset = session.dataset
    if dataset is None:
        return "There are no data yet: open some."
    return "" if dataset.class_count >= 2 else "The data have no labels of two classes."


def _of_points(session: Session) -> dict[str, str]:
    chosen = "" if len(session.selected) else "Nothing is selected: drag with Shift held."
    there = "" if session.codes is not None else NO_POINTS
    return dict.fromkeys(("export_selection", "clear_selection"), chosen) | dict.fromkeys(
        ("select_all", "invert_selection"), there
    )


def _of_path(session: Session) -> dict[str, str]:
    return why_no_path(session) | {"export_film": "" if session.path is not None else NO_PATH}


def map_note(session: Session) -> str:
    """What a person should know of this map, in a line or two; nothing where it is as usual."""
    model, plane = session.model, session.plane
    if model is None or not has_latents(model.spec):
        return ""  # the map itself says that there is none
    if isinstance(plane, GridChart):
        if plane.codes_left_out:
            return (
                f"The {len(plane.cells):,} most frequent codes; {plane.codes_left_out:,} more are"
                " not shown."
            )
        return "A cell for each code."
    if session.codes is not None and session.codes.gaps is not None:
        return f"{why_no_prior(model)} The tinted places are gaps."
    return why_no_prior(model)
