import unicodedata

from genesis_ray.domain.recognition.redaction import REDACTED, nobody_elses, parts, redacted


def test_whole_words_are_taken_out_as_they_are_written():
    text = "Ada said so; adamant ADA, not ada-1, may Will."
    assert redacted(text, ["Ada", "May"]) == text.replace("Ada", REDACTED)
    assert (
        redacted("Ada, ADA, adamant", ["ada"], any_case=True) == f"{REDACTED}, {REDACTED}, adamant"
    )
    assert redacted("visitor late came", ["late", "visitor late"]) == f"{REDACTED} came"
    assert redacted("nobody is forgotten", ["", "No"]) == "nobody is forgotten"


def test_a_name_is_taken_out_in_whatever_form_it_is_written():
    decomposed = unicodedata.normalize("NFD", "José")
    assert redacted(f"form of {decomposed}", ["José"]) == f"form of {REDACTED}"
    assert redacted("form of José", [decomposed]) == f"form of {REDACTED}"
    assert redacted(f"form of {decomposed}", ["Jo"]) == f"form of {decomposed}"


def test_names_that_others_have_are_left_alone():
    assert nobody_elses(["Ada", "Bob", "Al"], ["Ada Byron", "Alice"]) == ["Bob", "Al"]
    assert parts(["Zebulon K. Pike"], ["Ann Pike"]) == ["Zebulon"]
