"""CRM and ERP, items and products, and the sales figures on the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rows_ec import change_crm, change_erp, crm_all, crm_one, customers, erp_one, in_crm, in_erp, names
from rows_world import also_proves, flip, only, proves

if TYPE_CHECKING:
    from rows_world import House

SPEC = "zoho-erp-crm"
ITEMS = "title: Items\n"


def items(house: House) -> list[dict[str, Any]]:
    """Every item of ERP."""
    return house.visitor.records("erp", "items")


@proves(SPEC, flip("erp.items <-> crm.Products", "erp.items <- crm.Products"))
def test_EC_11_items_and_products_go_both_ways(house: House) -> None:
    product = in_crm(house, "product", Product_Name="Lamp", Unit_Price=12.5, Description="warm")
    item = in_erp(house, "item", name="Desk", rate=300, sku="D-1")
    house.run()
    lamp = only([one for one in items(house) if one["name"] == "Lamp"])
    assert (lamp.get("rate"), lamp.get("description")) == (12.5, "warm")
    desk = only([one for one in crm_all(house, "product") if one["Product_Name"] == "Desk"])
    assert (desk.get("Unit_Price"), desk.get("Product_Code")) == (300, "D-1")
    change_erp(house, "item", item, name="Desk", rate=320)
    change_crm(house, "product", product, Unit_Price=13)
    house.run()
    assert crm_one(house, "product", desk["id"]).get("Unit_Price") == 320
    assert erp_one(house, "item", lamp["item_id"]).get("rate") == 13
    house.quiet()


def _twins(house: House, **more: Any) -> tuple[str, str]:
    """An item and a product of one name, whose descriptions differ."""
    item = in_erp(house, "item", name="Desk", rate=300, description="of ERP")
    return item, in_crm(house, "product", **{"Product_Name": "Desk", "Description": "of CRM"} | more)


@also_proves(
    SPEC,
    flip("erp.items <-> crm.Products", "erp.items <- crm.Products"),
    flip("by: name = Product_Name", "by: sku = Product_Code"),
)
def test_EC_11_both_ways_erp_goes_first_so_an_item_overwrites_the_product_of_its_name(house: House) -> None:
    item, product = _twins(house)
    house.run()
    assert [one["id"] for one in crm_all(house, "product")] == [product]
    assert crm_one(house, "product", product).get("Description") == "of ERP"
    assert erp_one(house, "item", item).get("description") == "of ERP"
    house.quiet()


@also_proves(SPEC, flip("options.items = 'fetch' OR", "FALSE OR"))
def test_EC_11_fetched_only_products_overwrite_items_and_no_item_goes_to_crm(house: House) -> None:
    house.choose(items="fetch")
    item, product = _twins(house)
    in_erp(house, "item", name="Shelf", rate=80)
    house.run()
    assert erp_one(house, "item", item).get("description") == "of CRM"
    assert [one["id"] for one in crm_all(house, "product")] == [product]


@also_proves(SPEC, flip("duplicates: ${options.item_duplicates}", "duplicates: overwrite"))
def test_EC_11_by_name_skip_leaves_both_as_they_are(house: House) -> None:
    house.choose(item_duplicates="skip")
    item, product = _twins(house)
    house.forget_calls()
    house.run()
    assert house.writes() == []
    assert erp_one(house, "item", item).get("description") == "of ERP"
    assert crm_one(house, "product", product).get("Description") == "of CRM"


@also_proves(SPEC, flip("duplicates: ${options.item_duplicates}", "duplicates: overwrite"))
def test_EC_11_by_name_clone_makes_a_second_product_beside_the_old_one(house: House) -> None:
    house.choose(item_duplicates="clone")
    item, product = _twins(house)
    house.run()
    assert names(crm_all(house, "product"), "Product_Name") == ["Desk", "Desk"]
    assert crm_one(house, "product", product).get("Description") == "of CRM"
    assert [one["item_id"] for one in items(house)] == [item]
    house.quiet()


@also_proves(SPEC, flip("options.item_key = 'name' OR options.item_duplicates <> 'clone' ", "TRUE "))
def test_EC_11_by_sku_clone_is_refused(house: House) -> None:
    house.choose(item_key="sku", item_duplicates="clone")
    _unique_names(house)
    in_erp(house, "item", name="Desk", rate=300, sku="D-1")
    house.forget_calls()
    said = house.must("run", expect=1)
    assert "Items that are recognised by SKU cannot be cloned" in said
    assert house.writes() == []


@also_proves(
    SPEC,
    flip("if: options.item_key = 'sku' }", "if: options.item_key = 'neither' }"),
    flip("duplicates: ${options.item_duplicates}", "duplicates: skip"),
)
def test_EC_11_by_sku_an_item_overwrites_the_product_of_that_code_whatever_its_name(house: House) -> None:
    house.choose(item_key="sku")
    _unique_names(house)
    item = in_erp(house, "item", name="Desk", rate=300, sku="D-1")
    product = in_crm(house, "product", Product_Name="Bureau", Product_Code="D-1")
    house.run()
    assert [one["item_id"] for one in items(house)] == [item]
    only_one = only(crm_all(house, "product"))
    assert (only_one["id"], only_one.get("Product_Name")) == (product, "Desk")
    house.quiet()


@also_proves(SPEC, flip("duplicates: ${options.item_duplicates}", "duplicates: overwrite"))
def test_EC_11_by_sku_skip_leaves_both_as_they_are(house: House) -> None:
    house.choose(item_key="sku", item_duplicates="skip")
    _unique_names(house)
    in_erp(house, "item", name="Desk", rate=300, sku="D-1")
    in_crm(house, "product", Product_Name="Bureau", Product_Code="D-1")
    house.forget_calls()
    house.run()
    assert house.writes() == []


@also_proves(SPEC, flip("check: crm.settings.product_name_unique ", "check: TRUE "))
def test_EC_11_by_sku_needs_a_product_name_that_is_unique_in_crm(house: House) -> None:
    house.choose(item_key="sku")
    in_erp(house, "item", name="Desk", rate=300, sku="D-1")
    house.forget_calls()
    said = house.must("run", expect=1)
    assert "set Product Name in CRM to not allow duplicate values" in said
    assert house.writes() == []
    _unique_names(house)
    house.run()
    assert names(crm_all(house, "product"), "Product_Code") == ["D-1"]


@also_proves(SPEC, flip("by: sku = Product_Code, if: options.item_key = 'sku'", "by: name = Product_Name"))
def test_EC_11_by_sku_the_sku_must_be_mapped_to_product_code(house: House) -> None:
    house.choose(item_key="sku")
    _unique_names(house)
    in_erp(house, "item", name="Desk", rate=300, sku="D-1")
    mapping = house.root / "mappings" / "item-product.yaml"
    text = mapping.read_text(encoding="utf-8")
    mapping.write_text(text.replace("  - sku <-> Product_Code\n", ""), encoding="utf-8")
    house.forget_calls()
    said = house.must("run", expect=1)
    assert "error[key-not-written]: `Product_Code` is what `crm.Products` are recognised by" in said
    assert house.writes() == []
    mapping.write_text(text, encoding="utf-8")
    house.run()
    assert names(crm_all(house, "product"), "Product_Code") == ["D-1"]


@also_proves(SPEC, flip("if: options.product_type", "if: options.figures", file="mappings/item-product.yaml"))
def test_EC_11_a_custom_field_with_goods_and_services_is_the_product_type(house: House) -> None:
    house.choose(product_type=True)
    in_crm(house, "product", Product_Name="Lamp", Product_Type="Goods", Unit_Price=10)
    help_ = in_crm(house, "product", Product_Name="Help", Product_Type="Services", Unit_Price=90)
    in_erp(house, "item", name="Course", rate=90, product_type="service")
    house.run()
    kinds = {one["name"]: one.get("product_type") for one in items(house)}
    assert kinds == {"Lamp": "goods", "Help": "service", "Course": "service"}
    course = only([one for one in crm_all(house, "product") if one["Product_Name"] == "Course"])
    assert course.get("Product_Type") == "Services"
    assert crm_one(house, "product", help_).get("Product_Type") == "Services"
    house.quiet()


@also_proves(SPEC, flip("view: { crm: saved(options.product_view) }", ""))
def test_EC_11_a_view_limits_products_and_what_leaves_it_is_not_deleted(house: House) -> None:
    house.choose(product_view="Software")
    inside = in_crm(house, "product", Product_Name="Ledger", Product_Category="Software", Unit_Price=10)
    in_crm(house, "product", Product_Name="Lamp", Product_Category="Hardware", Unit_Price=10)
    house.run()
    item = only(items(house))
    assert item["name"] == "Ledger"
    change_crm(house, "product", inside, Product_Category="Hardware")
    for words in ((), ("--full",)):
        house.run(*words)
        assert erp_one(house, "item", item["item_id"]).get("status") == "active"


@also_proves(SPEC, flip("deletes: keep", "deletes: propagate", after=ITEMS))
def test_EC_13_an_item_pushed_to_crm_and_deleted_there_stays_in_erp_and_is_not_made_again(
    house: House,
) -> None:
    item = in_erp(house, "item", name="Desk", rate=300)
    house.run()
    house.visitor.crm("DELETE", f"/Products/{only(crm_all(house, 'product'))['id']}")
    for words in ((), ("--full",)):
        house.run(*words)
        assert crm_all(house, "product") == []
        assert erp_one(house, "item", item).get("status") == "active"
    house.quiet()


@proves(
    SPEC,
    flip("if: options.figures AND", "if: options.owners AND"),
    flip("Total_Sales <- total_sales_amount", file="mappings/account-figures.yaml"),
    flip("Outstanding_Receivables <- outstanding_receivable_amount", file="mappings/account-figures.yaml"),
)
def test_EC_16_the_account_shows_sales_and_outstanding_receivables(house: House) -> None:
    account = in_crm(house, "account", Account_Name="Nordwind")
    house.run()
    assert crm_one(house, "account", account).get("Total_Sales") is None
    house.choose(figures=True)
    customer = only(customers(house))["contact_id"]
    line = {"name": "Desk", "rate": 300, "quantity": 2}
    invoice = in_erp(house, "invoice", customer_id=customer, line_items=[line])
    house.visitor.erp("POST", f"/invoices/{invoice}/status/sent")
    house.run()
    shown = crm_one(house, "account", account)
    assert (shown.get("Total_Sales"), shown.get("Outstanding_Receivables")) == (600, 600)
    house.quiet()
    house.visitor.command(
        "clock", advance_s=7200
    )  # another customer, so that no window reaches back to this one
    house.visitor.sign_in()
    in_crm(house, "account", Account_Name="Südwind")
    house.run()
    another = in_erp(house, "invoice", customer_id=customer, line_items=[line | {"quantity": 1}])
    house.visitor.erp("POST", f"/invoices/{another}/status/sent")
    house.run()
    shown = crm_one(house, "account", account)
    assert (shown.get("Total_Sales"), shown.get("Outstanding_Receivables")) == (900, 900)
    house.quiet()


def _unique_names(house: House) -> None:
    """An administrator of CRM has Product Name take no duplicate values."""
    house.visitor.command("unique", module="Products", field="Product_Name")
