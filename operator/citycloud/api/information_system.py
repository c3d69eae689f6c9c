"""An information system: the legal unit whose facts decide the security level (Decree 331/2026, art 11–16).

A department describes what the system does and which data it holds; the operator computes the level from that. The department may
ask for a higher level, never for a lower one.
"""

import datetime
from typing import ClassVar, Literal

from pydantic import Field

from citycloud.api.common import (
    Column,
    Condition,
    Definition,
    Kind,
    LegalBasis,
    Model,
    Names,
    ShortName,
    conditions_field,
    name_rule,
    observed_generation_field,
    rule,
    rules,
    text,
)
from citycloud.api.organisation import Email

SystemType = Literal["a", "b", "c", "d", "e"]
Programme = ShortName


class ImpactAssessment(Model):
    reference: str = text(limit=100, default=None, description="Number of the impact assessment.")
    date: datetime.date | None = Field(default=None, description="Its date.")


class PersonalData(Model):
    """What personal data the system holds (Law 91/2025/QH15)."""

    kind: Literal["none", "basic", "sensitive"] = Field(default="none", description="The most sensitive kind of data.")
    subjects: int = Field(default=0, ge=0, le=100_000_000, description="How many people.")
    impact_assessment: ImpactAssessment | None = Field(default=None, description="The impact assessment, where one was made.")


class SystemContacts(Model):
    owner: Email = Field(description="Who answers for the system.")
    technical: Email | None = Field(default=None, description="Who runs it.")


class Dossier(Model):
    """The approved proposal of the security level (Decree 331/2026, art 18–25)."""

    decision_no: str = text(limit=60, default=None, description="Number of the approving decision.")
    date: datetime.date = Field(description="Date of the decision.")
    approver: str = text(limit=200, default=None, description="Who approved it.")
    framework: ShortName = Field(description="Legal framework of the decision.")
    level: int = Field(ge=1, le=5, description="Approved level.")
    review_due: datetime.date | None = Field(default=None, description="When it has to be reviewed.")


class Evidence(Model):
    """What people did for a control that no machine can show."""

    control: str = Field(min_length=1, max_length=20, description="Number of the control, as in the SecurityProfile.")
    date: datetime.date = Field(description="When it was done.")
    reference: str = Field(min_length=1, max_length=200, description="Where it is written: a report, a record, a decision.")


class InformationSystemSpec(Model):
    names: Names = Field(description="Names of the system.")
    type: SystemType = Field(description="a internal, b serving people, c shared infrastructure, d industrial control, e other.")
    serves: Literal["organisation", "province", "nation"] = Field(default="organisation", description="Whom it serves.")
    handles_procedures: bool = Field(default=False, description="Whether it handles administrative procedures.")
    conditional_business: bool = Field(default=False, description="Whether it serves a conditional line of business.")
    private_information: bool = Field(default=False, description="Whether it holds private information of the organisation.")
    always_on: bool = Field(default=False, description="Whether it has to run day and night, without a planned stop.")
    e_government: bool = Field(default=False, description="Whether it is a platform of the national e-government.")
    backbone: bool = Field(default=False, description="Whether it is an international backbone or centralised national data.")
    works_grade: Literal["none", "iv", "iii", "ii", "i", "special"] = Field(
        default="none", description="For industrial control: the grade of the works it controls."
    )
    critical_list: bool = Field(default=False, description="Whether it is on the list of systems critical to national security.")
    personal_data: PersonalData = Field(default=PersonalData(), description="What personal data it holds.")
    programmes: tuple[Programme, ...] = Field(default=(), max_length=10, description="Programmes it belongs to.")
    contacts: SystemContacts = Field(description="Whom to ask.")
    proposed_level: int | None = Field(
        default=None, ge=1, le=5, description="A level asked for; may raise the computed one, never lower it."
    )
    dossier: Dossier | None = Field(default=None, description="The approved level dossier; production needs it.")
    evidence: tuple[Evidence, ...] = Field(default=(), max_length=100, description="What was done for controls that no machine can show.")
    legal_basis: tuple[LegalBasis, ...] = Field(default=(), max_length=20, description="What the system rests on.")


class MatchedCriterion(Model):
    """One criterion that the facts meet."""

    article: str = Field(max_length=100, description="Article, clause, point.")
    level: int = Field(ge=1, le=5, description="The level it asks for.")
    text: Names = Field(description="The criterion in our own words.")


class InformationSystemStatus(Model):
    observed_generation: int = observed_generation_field()
    framework: str | None = Field(default=None, max_length=40, description="The framework the level was computed under.")
    computed_level: int | None = Field(default=None, ge=1, le=5, description="What the criteria give.")
    matched_criteria: tuple[MatchedCriterion, ...] = Field(default=(), max_length=30, description="The criteria that were met.")
    effective_level: int | None = Field(default=None, ge=1, le=5, description="The higher of the computed and the proposed level.")
    dossier: Literal["missing", "insufficient", "approved", "expired"] | None = Field(
        default=None, description="State of the level dossier."
    )
    conditions: tuple[Condition, ...] = conditions_field()


class InformationSystem(Kind):
    definition: ClassVar[Definition] = Definition(
        kind="InformationSystem",
        plural="informationsystems",
        short_names=("isys",),
        namespaced=True,
        columns=(
            Column(name="Level", path=".status.effectiveLevel", type="integer"),
            Column(name="Dossier", path=".status.dossier"),
            Column(name="Ready", path=".status.conditions[?(@.type=='Ready')].status"),
            Column(name="Name", path=".spec.names.vi", priority=1),
        ),
        rules=(name_rule(longest=24, shortest=3),),
    )

    spec: InformationSystemSpec = Field(
        description="The facts of the system.",
        json_schema_extra=rules(
            rule(
                "!has(self.personalData) || self.personalData.kind != 'none' || self.personalData.subjects == 0",
                vi="personalData.kind là none thì subjects phải bằng 0; hãy chọn basic hoặc sensitive",
                en="where personalData.kind is none, subjects must be 0; choose basic or sensitive",
            ),
            rule(
                "!has(self.worksGrade) || self.worksGrade == 'none' || self.type == 'd'",
                vi="worksGrade chỉ dùng cho hệ thống điều khiển công nghiệp (type d)",
                en="worksGrade is for industrial control systems (type d) only",
            ),
        ),
    )
    status: InformationSystemStatus = Field(default=InformationSystemStatus(), description="What follows from the facts.")
