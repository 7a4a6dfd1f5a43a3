"""What each problem says to people, by its code. Every sentence names what to do about it."""

from datetime import datetime

from flask_babel import gettext

from app.i18n.moments import moment
from app.i18n.words import later as _l
from app.problems import Place, Problem, Value

TEXTS = {
    # People
    "user_name": _l("A name has 1 to %(longest)s visible characters."),
    "user_exists": _l("There is already a user called %(name)s. Choose another name."),
    "role_unknown": _l("There is no such role. Choose one of: %(choices)s."),
    "password_length": _l("A password has %(shortest)s to %(longest)s characters."),
    "password_plain": _l("This password is too easy to guess. Choose another one."),
    "invitation_unknown": _l(
        "No such invitation is known here. Compare the code letter by letter, and look whether "
        "the address is the one on your card. If both are right, ask whoever gave you the card."
    ),
    "invitation_used": _l(
        "This invitation was used on %(when)s. If that was you, sign in with your name and "
        "password. If not, or if you forgot the password, ask your leader for a new link."
    ),
    "invitation_replaced": _l(
        "A newer link was made for you on %(when)s. Use that one; if you don't have it, ask your "
        "leader."
    ),
    "invitation_expired": _l(
        "This invitation was good until %(when)s only. Ask your leader for a new link."
    ),
    "invitation_closed": _l(
        "The account of this invitation is closed. Ask your leader whether it is to be opened."
    ),
    "cards_none": _l("None of these links is good any more. Make new ones."),
    "newcomers_none": _l("Write at least one name, or choose a file."),
    "newcomers_many": _l("At most %(most)s people can be added at once. Split the list."),
    "newcomer_twice": _l("%(name)s stands in the list twice. Make the two names differ."),
    "newcomer_fields": _l("There is more here than a name, languages and communities."),
    "newcomer_language": _l(
        "Write at most %(most)s languages, each of at most %(longest)s characters."
    ),
    "newcomer_nowhere": _l("It isn't known where they work: choose a team, or name communities."),
    "newcomer_beyond": _l(
        "They would see communities that you don't see. Name communities of your own for them."
    ),
    "community_ambiguous": _l("Several communities are called %(code)s. Write the 12-digit code."),
    "team_not_yours": _l("You can't add people to this team."),
    "stopped": _l(
        "Your leader has stopped handing out residents to you. You can still save calls you "
        "made, and correct them. Ask your leader."
    ),
    "sign_in_throttled": _l("Too many failed attempts. Try again in %(minutes)s minutes."),
    "user_deactivated": _l("The account of %(name)s is deactivated. Activate it first."),
    "token_role": _l("A token can't do more than its user. Choose %(role)s or a lesser role."),
    "token_label": _l("A label has at most %(longest)s visible characters."),
    # Shifts
    "shift_for_nobody": _l("Choose who is to be there."),
    "shift_past": _l("These hours have passed already. Choose later ones."),
    "shift_far": _l("Shifts are planned for at most %(days)s days ahead. Check the day."),
    "shift_hours": _l("The shift ends before it begins."),
    "shift_days": _l("Choose a last day within %(most)s days after the first."),
    "shift_overlaps": _l(
        "%(name)s has a shift at that time already (%(when)s). "
        "Remove that one first, or choose other hours."
    ),
    "shift_begun": _l("This shift has begun: it can't be removed any more."),
    "check_in_early": _l("Check-in opens at %(time)s, 15 minutes before the shift begins."),
    "check_in_late": _l("This shift is over: nobody can check in to it any more."),
    "check_out_absent": _l("You have not checked in to this shift."),
    # Files
    "not_utf8": _l("The file is not UTF-8 text. Save it as UTF-8 and try again."),
    # Territory
    "community_unknown": _l("There is no community %(code)s that you may choose."),
    "territory_columns": _l("The table lacks these columns: %(columns)s."),
    "territory_code": _l("“%(code)s” is not a 12-digit community code."),
    "territory_repeated": _l("The code %(code)s stands in the table twice."),
    "territory_name": _l("The community has no name."),
    # Campaigns
    "campaign_not_toml": _l("A campaign is made from a .toml file. Choose one."),
    "toml_syntax": _l("The file is not valid TOML: %(reason)s"),
    "campaign_unknown_key": _l("There is no setting called “%(key)s”. Remove it or correct it."),
    "campaign_questionnaire_later": _l(
        "Questionnaires can't be attached yet. Remove the key “questionnaire”."
    ),
    "campaign_title": _l("Give a title of 1 to %(longest)s visible characters."),
    "campaign_communities": _l("Name the communities by their codes, or all of them."),
    "campaign_deadline": _l("The deadline must be a day, such as 2026-12-31."),
    "campaign_deadline_past": _l("The deadline has passed already. Choose today or a later day."),
    "campaign_needs_completed": _l("A campaign can't do without the disposition “completed”."),
    "campaign_population": _l("Only these can be said to belong or not: %(choices)s."),
    "campaign_script_language": _l("There is no script language “%(lang)s”. Use zh or en."),
    "campaign_script": _l("A script text has at most %(longest)s characters."),
    "campaign_script_place": _l(
        "“%(wrong)s” can't be filled in. In braces only these may stand: %(places)s."
    ),
    "campaign_message_code": _l("Write {code} into the text message where the code is to stand."),
    "campaign_office": _l(
        "Give one telephone number of the office, with its area code: 0513-8532 1234."
    ),
    "looked_up_enough": _l(
        "You have looked up as many numbers as one may for now. Look up the next after %(time)s."
    ),
    "number_unreadable": _l("Type a whole number, or at least its last 4 digits."),
    "message_sent": _l("This number had a text message today. One a day is enough."),
    "rules_unknown_key": _l("There is no calling rule called “%(key)s”."),
    "rules_number": _l("%(key)s must be a whole number, %(lowest)s or more."),
    "rules_table": _l("%(key)s must be a table of names and values."),
    "rules_hours": _l("“%(text)s” is no span of hours. Write it like 09:00-12:00."),
    "rules_hours_end": _l("In the span %(text)s the end must come after the start."),
    "rules_hours_order": _l("The span %(text)s begins before the one above it ends."),
    "rules_hours_not_legal": _l(
        "The span %(text)s lies outside the hours in which anybody may be rung: %(legal)s."
    ),
    "campaign_closed": _l("The campaign is closed."),
    "campaign_not_open": _l("The campaign is not open."),
    "campaign_without_residents": _l(
        "No resident is on record in these communities. Import a roster first."
    ),
    # Queue and calls
    "batch_size": _l("Take 1 to %(largest)s residents at a time."),
    "holds_enough": _l(
        "You already hold %(most)s residents, as many as allowed. Finish or give back some first."
    ),
    "offers_enough": _l(
        "You hold %(held)s residents, and colleagues have not answered about %(offered)s more: "
        "%(most)s together are allowed. Wait for their answer, or ring those you hold first."
    ),
    "handoff_too_many": _l(
        "%(name)s holds %(held)s residents already and may hold %(most)s: %(n)s more would be "
        "too many. Choose somebody else, or let them be free for all."
    ),
    "disposition_unknown": _l("“%(code)s” is not one of this campaign's dispositions."),
    "direction_unknown": _l("A call goes out or comes in."),
    "call_ends_before_start": _l("The call ends before it begins."),
    "note_long": _l("A note has at most %(longest)s characters."),
    "callback_missing": _l("Say when to ring again: choose a time, or type another."),
    "callback_past": _l("The time to ring again has passed already. Choose a later one."),
    "callback_window": _l("The time agreed ends before it begins."),
    "callback_far": _l("The time to ring again is more than %(days)s days away."),
    "ticket_elsewhere": _l("The ticket belongs to another batch than the call."),
    "work_unnamed": _l("Say what is to be moved: whose, which batch, or from where."),
    "key_missing": _l("The save carries no key, or one of more than %(longest)s characters."),
    "key_reused": _l("Another call was saved under this key."),
    "key_in_work": _l("A call is being saved under this key at this moment. Try again."),
    "number_elsewhere": _l("The number is not one of this resident's."),
    "already_corrected": _l("This call was corrected already. Correct the newer record."),
    "reason_missing": _l("Say why: this call was saved some time ago."),
    "reason_long": _l("Say why in at most %(longest)s characters."),
    "correction_signed_out": _l(
        "This call was saved a while ago. Sign in, then correct it under “My calls”."
    ),
    "undo_late": _l("A call can be taken back for %(minutes)s minutes. Correct it instead."),
    "undo_not_last": _l("Only the last call saved can be taken back. Correct this one instead."),
    "skip_reason": _l("Choose why this resident is laid aside."),
    "skipped_enough": _l(
        "You have laid aside as many residents as one may for now. Ring those you hold, or give "
        "the batch back. You can lay more aside after %(time)s."
    ),
    "note_missing": _l("Write what the volunteer should know."),
    "batch_over": _l("This batch has ended already."),
    "handoff_to_whom": _l("“%(name)s” can't take this over: choose a volunteer of the community."),
    "not_with_leader": _l("This resident is not on the leader's list any more."),
    "no_number_left": _l("There is no number to ring. Close the case or pass it to the door list."),
    # Rosters
    "roster_missing": _l("Choose the roster file first."),
    "roster_empty": _l("The file is empty."),
    "roster_no_rows": _l("The file holds no rows."),
    "roster_no_sheet": _l("The file has no sheet called “%(sheet)s”."),
    "roster_not_spreadsheet": _l("This is not a spreadsheet. Save the roster as .xlsx or .csv."),
    "roster_encrypted": _l(
        "The file is protected by a password. Remove the password and upload again."
    ),
    "roster_damaged": _l(
        "The file is damaged. Open it, save it again as .xlsx and upload that one."
    ),
    "roster_doctype": _l(
        "The file declares XML entities, which no spreadsheet needs. It was not read."
    ),
    "roster_too_large": _l("The file is larger than %(limit)s MB."),
    "roster_unpacks_too_large": _l(
        "Unpacked, the file is far too large (more than %(limit)s MB, or hardly anything but "
        "filler). It was not read."
    ),
    "roster_too_many_rows": _l(
        "The sheet goes down to row %(row)s; at most %(limit)s rows are read. "
        "Delete stray cells far below, or split the file."
    ),
    "roster_too_many_columns": _l(
        "The sheet goes out to column %(column)s; at most %(limit)s columns are read. "
        "Delete stray cells far to the right."
    ),
    "roster_too_sparse": _l(
        "The cells reach to %(column)s%(row)s, too large an area. Delete stray cells."
    ),
    "roster_cell_too_long": _l("The cell holds more than %(limit)s characters."),
    "roster_too_much_memory": _l(
        "Reading the file takes more than %(limit)s MB of memory. It was not read."
    ),
    "roster_took_too_long": _l(
        "Reading the file took longer than %(limit)s seconds. It was not read."
    ),
    "roster_no_name_column": _l("No column with names was found. Headers seen: %(headers)s"),
    "roster_no_phone_column": _l(
        "No column with telephone numbers was found. Headers seen: %(headers)s"
    ),
    "sheet_is_example": _l("This sheet holds examples or instructions and was skipped."),
    "row_no_name": _l("There is no name."),
    "row_name_too_long": _l("The name is longer than %(limit)s characters."),
    "row_name_not_a_name": _l("What stands here is not a name."),
    "row_formula": _l("There is a formula under “%(header)s”. Replace it by its value."),
    "row_text_too_long": _l("The text under “%(header)s” is longer than %(limit)s characters."),
    "imports_open": _l(
        "%(most)s rosters of yours wait already. Decide on one of them, or throw it away, before"
        " you send another."
    ),
    "import_over": _l("This roster was taken or thrown away already."),
    "import_not_done": _l("Only a roster that was taken can be taken back."),
    "import_has_calls": _l(
        "%(n)s calls were made on what this roster brought: it can't be taken back any more."
    ),
    "import_in_hand": _l(
        "%(n)s residents of this roster are in a volunteer's hands. Recall those batches first."
    ),
    "import_gave_up": _l(
        "The work on this roster stopped several times at the same place. Nothing was taken; tell"
        " whoever looks after the server."
    ),
    "row_alike": _l(
        "“%(text)s” may be another writing of “%(known)s”, who has the same number and address."
    ),
    "row_in_hand": _l(
        "A volunteer is to ring this resident now: the numbers were left as they are. Take the"
        " roster again later."
    ),
    "row_twice": _l("This resident is in an earlier row too; the row is not taken again."),
    "row_duplicate": _l("This resident is known already; the row is not taken again."),
    "row_community_not_yours": _l("The community of this row is not one of yours."),
    # Reports
    "as_of_unreadable": _l("“%(text)s” is no moment. Write it like 2026-11-24T16:00."),
    "as_of_before_opening": _l("The campaign was not open yet at that moment."),
    "as_of_ahead": _l("The report can't speak of a moment that has not come."),
    # The HTTP API
    "request_unreadable": _l("The request can't be understood."),
    "token_needed": _l("Send a valid token in the header “Authorization: Bearer …”."),
    "role_forbids": _l("Your role does not allow this."),
    "nothing_here": _l("There is nothing here, or it is not yours to see."),
    "method_unknown": _l("This address can't be used in that way."),
    "body_large": _l("The body is larger than %(most)s kB."),
    "body_type": _l("Send the body as %(wanted)s."),
    "broken": _l("Something went wrong here. Nothing was changed; please try again."),
    "requests_too_many": _l("Too many requests. Try again in %(seconds)s seconds."),
    "json_unreadable": _l("The body is not valid JSON."),
    "json_repeated": _l("The body gives the same name twice."),
    "fields_wrong": _l("Some fields are wrong."),
    "field_missing": _l("This is missing."),
    "field_unknown": _l("There is no such field."),
    "field_repeated": _l("This is given more than once."),
    "field_length": _l("This is too long or too short; the limit is %(limit)s."),
    "field_range": _l("This is out of range; the limit is %(limit)s."),
    "field_string": _l("This must be a text."),
    "field_int": _l("This must be a whole number."),
    "field_bool": _l("This must be true or false."),
    "field_list": _l("This must be a list."),
    "field_dict": _l("This must be an object."),
    "field_datetime": _l("This must be a moment with its offset: 2026-11-24T16:00:00+08:00."),
    "field_value": _l("This value can't be used."),
    # Rates
    "rates_bad_word": _l(
        "“%(word)s” can't be read: write a letter, “=” and a whole number up to "
        "1,000,000,000,000, as in I=10."
    ),
    "rates_unknown_letter": _l(
        "“%(word)s”: unknown letter. Known are I, P, R, NC, O, UH, UO, UR, NE and e, "
        "in exactly this case."
    ),
    "rates_negative": _l("“%(word)s”: a number of cases can't be negative."),
    "rates_bad_share": _l("“%(word)s”: e is a decimal number from 0 to 1, as in e=0.5."),
    "rates_repeated": _l("“%(word)s”: this letter was given twice."),
}


def explain(problem: Problem) -> str:
    """Return the problem's sentence in the current language, with the place where it has one."""
    cell = {"row": problem.place.row, "column": problem.place.column} if problem.place else {}
    values = {name: _told(value) for name, value in problem.values.items()}
    sentence = str(TEXTS[problem.code]) % {**cell, **values}
    place = where(problem.place)
    if not place:
        return sentence
    return str(gettext("%(place)s: %(sentence)s", place=place, sentence=sentence))


def _told(value: Value) -> str | int:
    return moment(value) if isinstance(value, datetime) else value


def where(place: Place | None) -> str:
    """Return file, sheet, row and column in words, as far as they are known."""
    if place is None:
        return ""
    parts = [place.file, place.sheet and gettext("sheet %(sheet)s", sheet=place.sheet)]
    if place.row is not None and place.column is not None:
        parts.append(gettext("row %(row)s, column %(column)s", row=place.row, column=place.column))
    elif place.row is not None:
        parts.append(gettext("row %(row)s", row=place.row))
    return str(gettext(", ")).join(part for part in parts if part)
